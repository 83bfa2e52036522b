import { createFakeClock } from '@murmuration/testkit'
import type { Clock } from '../clock.ts'

/** A clock that stands still until a test moves it. Chance is always about a half, so jitter adds nothing, and never the same. */
export interface ConsumerClock extends Clock {
  advance(ms: number): void
  /** Sets the wall clock; monotonic time and delays know nothing of it. */
  step(ms: number): void
  /** How many delays are pending. */
  readonly sleepers: () => number
  /** How many delays were begun. */
  readonly delays: () => number
}

/** Creates a clock for the consumer loop. */
export function createConsumerClock(): ConsumerClock {
  const clock = createFakeClock()
  let drawn = 0
  let steppedMs = 0
  let begun = 0
  return {
    now: () => clock.now() + steppedMs,
    step(ms) {
      steppedMs += ms
    },
    monotonicMs: clock.now,
    random() {
      drawn += 1
      return 0.5 + drawn * 1e-9
    },
    advance: clock.advance,
    sleepers: clock.sleepers,
    delays: () => begun,
    delay(ms, signal) {
      begun += 1
      return clock.sleep(ms, signal).catch(() => undefined)
    },
  }
}

/** A clock whose delays are over at once; time moves by what was waited. */
export function createHastyClock(): Clock & { readonly waited: readonly number[] } {
  const waited: number[] = []
  let nowMs = 1_767_225_600_000
  return {
    waited,
    now: () => nowMs,
    monotonicMs: () => nowMs,
    random: () => 0.5,
    delay: async (ms) => {
      waited.push(ms)
      nowMs += ms
    },
  }
}
