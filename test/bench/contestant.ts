import type { LoadTarget } from '../load/signed-corpus.ts'

export const contestantNames = ['murmuration', 'fastify', 'redpanda-connect', 'redpanda-connect-linger-0'] as const
export type ContestantName = (typeof contestantNames)[number]

/** A server that takes part, each a process of its own. */
export interface Contestant {
  readonly name: ContestantName
  readonly title: string
  /** With its version. */
  readonly description: string
  readonly pid: number
  readonly target: LoadTarget
  /** Topics in which each accepted webhook must be found once. */
  readonly topics: readonly string[]
  close(): Promise<void>
}

/** What a contestant is started with. */
export interface Arena {
  /** `.tools/` of the checkout. */
  readonly toolsDir: string
  /** Data and logs of this run; deleted afterwards. */
  readonly dir: string
  readonly brokers: string
  readonly kafkaPid: number | undefined
  readonly registryUrl: string
  /** Where the product's CPU profile goes, if one is wanted. */
  readonly profileDir: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onStep: (text: string) => void
}

/** One source, the same for all. */
export const source = {
  path: '/webhooks/bird',
  publicUrl: 'https://hooks.example.com/webhooks/bird?tenant=bench',
  signingKey: 'signing key of the ingress benchmark',
} as const

/** The topic of a contestant other than the product. */
export function toPeerTopic(name: ContestantName): string {
  return `bench.${name}`
}

export function toTarget(port: number): LoadTarget {
  return { host: '127.0.0.1', port, ...source }
}

/** Variables that a program needs whatever it does; the person's own settings stay out. */
export function toProgramEnv(env: Arena['env']): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH']) {
    const value = env[name]
    if (value !== undefined) kept[name] = value
  }
  return kept
}

/** Resolves when something speaks HTTP there, whatever it says. */
export async function probeHttp(url: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { signal })
  await response.body?.cancel()
  return response
}
