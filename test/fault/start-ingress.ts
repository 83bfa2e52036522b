import { readFileSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { signBirdCrm } from '@murmuration/bird'
import { freePort, type Part, spawnChild, startPart } from '@murmuration/local'
import type { Readiness } from '@murmuration/service'
import type { LoadTarget } from '../load/signed-corpus.ts'
import type { KafkaCluster } from './kafka-cluster.ts'

const main = fileURLToPath(new URL('../../services/ingress/src/main.ts', import.meta.url))

const source = {
  path: '/webhooks/whatsapp',
  publicUrl: 'https://hooks.example.com/webhooks/whatsapp?tenant=a',
  signingKey: 'signing key of the fault tests',
} as const

/** The ingress as a process of its own, as it runs in production but for the settings that are given. */
export interface IngressUnderTest {
  readonly target: LoadTarget
  readonly part: Part
  /** Posts a body, signed as Bird signs it. */
  post(rawBody: Buffer): Promise<Response>
  /** What `/health/ready` says now. @throws when it does not answer within two seconds */
  ready(): Promise<Readiness>
  /** Webhooks that ended so, as its own metric counts them: `accepted`, `unavailable`, `overloaded` and the like. */
  countWebhooks(result: string): Promise<number>
  /** Resident size now; 0 when the process is gone. */
  rssBytes(): number
  /** Sends SIGTERM. @returns the exit code, null when it had to be killed */
  stop(): Promise<number | null>
}

/** Starts it and waits until it is ready. It ends with this process, in whatever way that ends. */
export async function startIngress(
  cluster: Pick<KafkaCluster, 'brokers' | 'registryUrl' | 'logDir'>,
  settings: Readonly<Record<string, string>> = {},
): Promise<IngressUnderTest> {
  const [port, adminPort] = [await freePort(), await freePort()]
  const dir = join(cluster.logDir, `ingress-${port}`)
  await mkdir(dir, { recursive: true })
  const sourcesFile = join(dir, 'sources.json')
  const { path, publicUrl, signingKey } = source
  const signingKeys = [{ id: 'key-1', env: 'FAULT_SIGNING_KEY' }]
  const entry = { name: 'whatsapp', scheme: 'bird-crm', workspaceId: 'ws-1', path, publicUrl, signingKeys }
  writeFileSync(sourcesFile, JSON.stringify({ sources: [entry] }))
  const adminUrl = `http://127.0.0.1:${adminPort}`

  async function ready(signal = AbortSignal.timeout(2_000)): Promise<Readiness> {
    const response = await fetch(`${adminUrl}/health/ready`, { signal })
    return (await response.json()) as Readiness
  }

  const part = await startPart({
    name: 'ingress',
    launch: () =>
      spawnChild({
        name: 'ingress',
        command: process.execPath,
        args: [main],
        env: {
          PATH: process.env.PATH ?? '',
          KAFKA_BROKERS: cluster.brokers.join(','),
          SCHEMA_REGISTRY_URL: cluster.registryUrl,
          SOURCES_FILE: sourcesFile,
          FAULT_SIGNING_KEY: signingKey,
          CONTACT_KEY_SECRET: 'contact key secret of the fault tests',
          INGRESS_HOST: '127.0.0.1',
          INGRESS_PORT: String(port),
          ADMIN_PORT: String(adminPort),
          ...settings,
        },
        logFile: join(dir, 'ingress.log'),
      }),
    probe: async (signal) => {
      const { status, checks } = await ready(signal)
      if (status !== 'ready') throw new Error(JSON.stringify(checks))
    },
    graceMs: 30_000,
  })
  return {
    target: { host: '127.0.0.1', port, ...source },
    part,
    post: (rawBody) => {
      const timestamp = String(Math.floor(Date.now() / 1_000))
      const headers = { ...signBirdCrm({ key: signingKey, timestamp, url: publicUrl, rawBody }) }
      return fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body: new Uint8Array(rawBody) })
    },
    ready,
    countWebhooks: async (result) => {
      const text = await (await fetch(`${adminUrl}/metrics`, { signal: AbortSignal.timeout(2_000) })).text()
      // What was refused unread counts for no source.
      const lines = text.split('\n').filter((line) => line.startsWith('murmuration_ingress_webhooks_total{'))
      const wanted = lines.filter((line) => line.includes(`result="${result}"`))
      return wanted.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
    },
    rssBytes: () => readRssBytes(part.pid),
    stop: async () => {
      await part.close()
      return (await part.exited).code
    },
  }
}

/** Resident size of a process now; 0 when it is gone. */
export function readRssBytes(pid: number | undefined): number {
  try {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return Number(line?.[1] ?? 0) * 1_024
  } catch {
    return 0
  }
}
