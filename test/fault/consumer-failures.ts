import type { SinkAnswer } from '../order/consumer-history.ts'
import { createRandom } from './seeded.ts'

/** How often and how long records fail. */
export interface Failures {
  readonly seed: number
  /** Part of the records that fail for a while. */
  readonly retryShare: number
  /** From a record's first call until it succeeds, at most, ms; most fail much shorter. */
  readonly maxFailMs: number
  /** Part of the records that the sink never takes. */
  readonly refuseShare: number
}

const SHORTEST_MS = 20

/**
 * What the sink answers to a record. Pure: the seed and the event's id decide, and the time since its first call.
 *
 * The times are spread evenly over the orders of size, so that there are failures which end within the quick retries
 * and failures which don't.
 */
export function answerTo(
  failures: Failures,
  input: { readonly eventId: string; readonly sinceMs: number },
): SinkAnswer {
  const random = createRandom(failures.seed ^ hash(input.eventId))
  const lot = random()
  if (lot < failures.refuseShare) return 'refused'
  if (lot >= failures.refuseShare + failures.retryShare) return 'done'
  return input.sinceMs < SHORTEST_MS * (failures.maxFailMs / SHORTEST_MS) ** random() ? 'retry' : 'done'
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  return value >>> 0
}
