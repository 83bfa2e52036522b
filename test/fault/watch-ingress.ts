import type { IngressUnderTest } from './start-ingress.ts'

/** A change of what `/health/ready` says. */
export interface ReadyChange {
  /** Monotonic, ms. */
  readonly atMs: number
  /** Why it is not ready; undefined: it is. */
  readonly reason: string | undefined
}

/** An eye on the process while a fault plays. */
export interface IngressWatch {
  /** The first entry is what it said when the watch began. */
  readonly changes: readonly ReadyChange[]
  peakRssBytes(): number
  stop(): void
}

const RSS_EVERY_MS = 100
const READY_EVERY_MS = 250

/** Samples the resident size, and asks whether it is ready, as a load balancer would. */
export function watchIngress(ingress: IngressUnderTest): IngressWatch {
  const changes: ReadyChange[] = []
  let peakRssBytes = 0
  let asking = false

  async function ask(): Promise<void> {
    asking = true
    let reason: string | undefined
    try {
      const { status, checks } = await ingress.ready()
      if (status !== 'ready') {
        reason = Object.entries(checks)
          .flatMap(([name, check]) => (check === 'ok' ? [] : [`${name}: ${check}`]))
          .join('; ')
      }
    } catch {
      reason = 'no answer'
    }
    asking = false
    const last = changes.at(-1)
    if (last === undefined || last.reason !== reason) changes.push({ atMs: performance.now(), reason })
  }

  const sampling = setInterval(() => {
    peakRssBytes = Math.max(peakRssBytes, ingress.rssBytes())
  }, RSS_EVERY_MS)
  const polling = setInterval(() => {
    if (!asking) void ask()
  }, READY_EVERY_MS)
  return {
    changes,
    peakRssBytes: () => peakRssBytes,
    stop: () => {
      clearInterval(sampling)
      clearInterval(polling)
    },
  }
}
