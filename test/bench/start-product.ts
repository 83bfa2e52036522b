import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeFlags } from '@murmuration/ingress/config'
import { freePort, spawnChild, startPart } from '@murmuration/local'
import { catalog } from '@murmuration/schemas'
import { type Arena, type Contestant, probeHttp, source, toProgramEnv, toTarget } from './contestant.ts'

const main = fileURLToPath(new URL('../../services/ingress/src/main.ts', import.meta.url))

/** The product's ingress as shipped: all defaults, one source. */
export async function startProduct(arena: Arena): Promise<Contestant> {
  const [port, adminPort] = [await freePort(), await freePort()]
  const sourcesFile = join(arena.dir, 'sources.yaml')
  const { path, publicUrl } = source
  const signingKeys = [{ id: 'key-1', env: 'BENCH_SIGNING_KEY' }]
  const entry = { name: 'bench', scheme: 'bird-crm', workspaceId: 'bench', path, publicUrl, signingKeys }
  writeFileSync(sourcesFile, JSON.stringify({ sources: [entry] }))
  const profile = arena.profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${arena.profileDir}`]
  const part = await startPart({
    name: 'murmuration',
    launch: () =>
      spawnChild({
        name: 'murmuration',
        command: process.execPath,
        args: [...nodeFlags, ...profile, main],
        env: {
          ...toProgramEnv(arena.env),
          KAFKA_BROKERS: arena.brokers,
          SCHEMA_REGISTRY_URL: arena.registryUrl,
          SOURCES_FILE: sourcesFile,
          BENCH_SIGNING_KEY: source.signingKey,
          CONTACT_KEY_SECRET: 'contact key secret of the benchmark',
          INGRESS_HOST: '127.0.0.1',
          INGRESS_PORT: String(port),
          ADMIN_PORT: String(adminPort),
        },
        logFile: join(arena.dir, 'murmuration.log'),
      }),
    probe: async (signal) => {
      const { ok, status } = await probeHttp(`http://127.0.0.1:${adminPort}/health/ready`, signal)
      if (!ok) throw new Error(`ready says ${status}`)
    },
    graceMs: 20_000,
  })
  return {
    name: 'murmuration',
    title: 'Murmuration',
    description: `the ingress as shipped, Node ${process.versions.node}: verify, parse, two Avro records, duplicate window, metrics`,
    pid: part.pid ?? 0,
    target: toTarget(port),
    topics: [catalog['raw-webhook'].topic, catalog.message.topic],
    close: () => part.close(),
  }
}
