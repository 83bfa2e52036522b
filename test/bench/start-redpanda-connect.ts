import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, spawnChild, startPart } from '@murmuration/local'
import { buildRedpandaConnect, REDPANDA_CONNECT } from './build-redpanda-connect.ts'
import { type Arena, type Contestant, probeHttp, source, toPeerTopic, toProgramEnv, toTarget } from './contestant.ts'

/** Checks Bird's HMAC as the product does: over timestamp, URL and the 32 raw bytes of the body's digest. */
const VERIFY = `
let signed = "%s\\n%s\\n".format(metadata("Messagebird-Request-Timestamp").or(""), ${JSON.stringify(source.publicUrl)})
let expected = ($signed + content().hash("sha256").string()).hash("hmac_sha256", ${JSON.stringify(source.signingKey)})
meta status = if $expected.encode("base64") != metadata("Messagebird-Signature").or("") { "401" }
`

/** The configuration; JSON is YAML. Pure. */
export function toRedpandaConfig(input: {
  readonly port: number
  readonly adminPort: number
  readonly brokers: string
  readonly topic: string
}): string {
  const refuse = [{ mapping: 'root = "refused"' }, { sync_response: {} }, { mapping: 'root = deleted()' }]
  return JSON.stringify({
    http: { address: `127.0.0.1:${input.adminPort}` },
    logger: { level: 'WARN' },
    input: {
      http_server: {
        address: `127.0.0.1:${input.port}`,
        path: source.path,
        allowed_verbs: ['POST'],
        sync_response: { status: interpolate('metadata("status").or("202")') },
      },
    },
    pipeline: {
      processors: [{ mapping: VERIFY }, { switch: [{ check: 'metadata("status") == "401"', processors: refuse }] }],
    },
    // Without a response of its own the input answers 200, when this output has Kafka's acknowledgement.
    output: {
      kafka_franz: {
        seed_brokers: input.brokers.split(','),
        topic: input.topic,
        key: interpolate('json("payload.sender.contact.id")'),
        partitioner: 'murmur2_hash',
        acks: 'all',
        // Its default is snappy; nobody else compresses. Side by side the two differed by less than the noise.
        compression: 'none',
        max_in_flight: 1024,
        allow_auto_topic_creation: false,
      },
    },
  })
}

function interpolate(query: string): string {
  return `\${! ${query} }`
}

/** @throws {LocalError} it could not be built, or did not start */
export async function startRedpandaConnect(
  arena: Arena,
  name: 'redpanda-connect' | 'redpanda-connect-linger-0',
): Promise<Contestant> {
  const builds = await buildRedpandaConnect(arena)
  const [port, adminPort] = [await freePort(), await freePort()]
  const topic = toPeerTopic(name)
  const configFile = join(arena.dir, `${name}.yaml`)
  writeFileSync(configFile, toRedpandaConfig({ port, adminPort, brokers: arena.brokers, topic }))
  const part = await startPart({
    name,
    launch: () =>
      spawnChild({
        name,
        command: name === 'redpanda-connect' ? builds.shipped : builds.lingerZero,
        args: ['run', configFile],
        env: toProgramEnv(arena.env),
        logFile: join(arena.dir, `${name}.log`),
      }),
    probe: async (signal) => {
      const { ok, status } = await probeHttp(`http://127.0.0.1:${adminPort}/ready`, signal)
      if (!ok) throw new Error(`ready says ${status}`)
      await probeHttp(`http://127.0.0.1:${port}/`, signal)
    },
  })
  const linger =
    name === 'redpanda-connect' ? 'as shipped (10 ms linger)' : 'linger 0 (rebuilt: it has no such setting)'
  return {
    name,
    title: name === 'redpanda-connect' ? 'Redpanda Connect' : 'Redpanda Connect, linger 0',
    description: `${REDPANDA_CONNECT}, ${linger}: the same HMAC in Bloblang, one record (the bare body), max_in_flight 1024`,
    pid: part.pid ?? 0,
    target: toTarget(port),
    topics: [topic],
    close: () => part.close(),
  }
}
