import { findingOf, type UnverifiedWebhook } from '@murmuration/bird'
import type { Metrics } from '@murmuration/observability'
import type { Source } from './sources.ts'

/** Counts why webhooks are refused, in the doctor's words: a hint for whoever reads `murmur verify` next. */
export interface FindingCounter {
  /** @param nowMs epoch ms */
  count(webhook: UnverifiedWebhook, source: Source, nowMs: number): void
}

/** What the counter works with. */
export interface FindingCounterDeps {
  /** Those in force: a webhook may belong to another one. */
  readonly sources: () => readonly Source[]
  /** Most diagnoses a second of one source; each takes 1 to 5 ms. The rest is `not-examined`. */
  readonly maxPerSecond: number
  readonly metrics: Metrics
  /** Monotonic. */
  readonly nowMs: () => number
}

/** A diagnosis looks at whatever a stranger sent: should it fail on it, the answer is the same. */
function examine(...args: Parameters<typeof findingOf>): ReturnType<typeof findingOf> | 'not-examined' {
  try {
    return findingOf(...args)
  } catch {
    return 'not-examined'
  }
}

/** Most diagnoses a second over all sources, as a multiple of one source's: who floods them all must not stop the ingress. */
const MAX_FLOODED_SOURCES = 10

/**
 * Creates the counter. Bounded, since anybody may send what is refused: a flood must not keep us from what is Bird's, nor
 * hide what another source has to say.
 */
export function createFindingCounter({ sources, maxPerSecond, metrics, nowMs }: FindingCounterDeps): FindingCounter {
  /** Diagnoses of this second by source; begun anew each second, so it never outgrows the sources in force. */
  const examined = new Map<string, number>()
  let total = 0
  let second = Number.NEGATIVE_INFINITY
  const isAllowed = ({ name }: Source) => {
    const current = Math.floor(nowMs() / 1_000)
    if (current !== second) {
      second = current
      examined.clear()
      total = 0
    }
    const own = examined.get(name) ?? 0
    if (own >= maxPerSecond || total >= maxPerSecond * MAX_FLOODED_SOURCES) return false
    examined.set(name, own + 1)
    total += 1
    return true
  }
  return {
    count(webhook, source, at) {
      const others = () => sources().filter(({ name }) => name !== source.name)
      // The path is the source's own: by it the request was found.
      const request = { ...webhook, path: source.path }
      const finding = isAllowed(source) ? examine(request, { source, others: others(), nowMs: at }) : 'not-examined'
      metrics.count('murmuration_ingress_signature_findings_total', { source: source.name, finding })
    },
  }
}
