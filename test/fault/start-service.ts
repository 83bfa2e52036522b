import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Child, freePort, spawnChild } from '@murmuration/local'
import type { Readiness } from '@murmuration/service'

const services = fileURLToPath(new URL('../../services/', import.meta.url))

/** What a service needs around it. */
export interface ServicePlace {
  readonly brokers: readonly string[]
  readonly registryUrl: string
  readonly prefix: string
  /** For its log and its data. */
  readonly dir: string
}

/** A service as a process of its own. It ends with this process, in whatever way that ends. */
export interface ServiceUnderTest {
  readonly child: Child
  /** Why it is not ready: what it says, or that nobody answers yet; undefined when it is. */
  notReady(): Promise<string | undefined>
  /** Sum of a counter or gauge over the series that have these labels, e.g. `result="found"`; 0 while nobody answers. */
  metric(name: string, labels?: string): Promise<number>
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<void>
}

/** Starts it and does not wait. @param settings besides those of Kafka, registry and admin port */
export async function startService(
  name: 'media-processor' | 'audit-log',
  place: ServicePlace,
  settings: Readonly<Record<string, string>>,
): Promise<ServiceUnderTest> {
  const adminPort = await freePort()
  const dir = join(place.dir, `${name}-${adminPort}`)
  mkdirSync(dir, { recursive: true })
  const child = spawnChild({
    name,
    command: process.execPath,
    args: [join(services, name, 'src/main.ts')],
    env: {
      PATH: process.env.PATH ?? '',
      KAFKA_BROKERS: place.brokers.join(','),
      KAFKA_TOPIC_PREFIX: place.prefix,
      SCHEMA_REGISTRY_URL: place.registryUrl,
      ADMIN_PORT: String(adminPort),
      ...settings,
    },
    logFile: join(dir, 'service.log'),
  })
  const ask = (path: string) => fetch(`http://127.0.0.1:${adminPort}${path}`, { signal: AbortSignal.timeout(2_000) })
  return {
    child,
    notReady: async () => {
      try {
        const { status, checks } = (await (await ask('/health/ready')).json()) as Readiness
        return status === 'ready' ? undefined : JSON.stringify(checks)
      } catch {
        return 'the admin port does not answer'
      }
    },
    metric: async (metric, labels = '') => {
      const text = await ask('/metrics').then(
        (response) => response.text(),
        () => '',
      )
      const series = text.split('\n').filter((line) => line.startsWith(metric) && line.includes(labels))
      return series.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
    },
    stop: async () => {
      await child.stop({ graceMs: 20_000, signal: 'SIGTERM' })
    },
  }
}
