import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, spawnChild, startPart } from '@murmuration/local'
import { type Arena, type Contestant, probeHttp, toProgramEnv, toTarget } from './contestant.ts'

const main = fileURLToPath(new URL('./bare-fastify-main.ts', import.meta.url))
const manifest = new URL('../../services/ingress/node_modules/fastify/package.json', import.meta.url)

/** The same HMAC and no Kafka: the most that this runtime could do. */
export async function startBareFastify(arena: Arena): Promise<Contestant> {
  const port = await freePort()
  const part = await startPart({
    name: 'fastify',
    launch: () =>
      spawnChild({
        name: 'fastify',
        command: process.execPath,
        args: [main, String(port)],
        env: toProgramEnv(arena.env),
        logFile: join(arena.dir, 'fastify.log'),
      }),
    probe: async (signal) => void (await probeHttp(`http://127.0.0.1:${port}/`, signal)),
  })
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  return {
    name: 'fastify',
    title: 'bare Fastify',
    description: `Fastify ${version}, Node ${process.versions.node}: the same HMAC, then 202; no parsing, no Kafka`,
    pid: part.pid ?? 0,
    target: toTarget(port),
    topics: [],
    close: () => part.close(),
  }
}
