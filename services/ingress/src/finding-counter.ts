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
  /** Most diagnoses a second, over all sources; each takes 1 to 6 ms. The rest is `not-examined`. */
  readonly maxPerSecond: number
  readonly metrics: Metrics
  /** Monotonic. */
  readonly nowMs: () => number
}

/** Creates the counter. Bounded, since anybody may send what is refused: a flood must not keep us from what is Bird's. */
export function createFindingCounter({ sources, maxPerSecond, metrics, nowMs }: FindingCounterDeps): FindingCounter {
  let second = Number.NEGATIVE_INFINITY
  let examined = 0
  const isAllowed = () => {
    const current = Math.floor(nowMs() / 1_000)
    if (current !== second) examined = 0
    second = current
    examined += 1
    return examined <= maxPerSecond
  }
  return {
    count(webhook, source, at) {
      const others = () => sources().filter(({ name }) => name !== source.name)
      // The path is the source's own: by it the request was found.
      const request = { ...webhook, path: source.path }
      const finding = isAllowed() ? findingOf(request, { source, others: others(), nowMs: at }) : 'not-examined'
      metrics.count('murmuration_ingress_signature_findings_total', { source: source.name, finding })
    },
  }
}
