import { createFakeClock } from '@murmuration/testkit'
import type { Clock } from '../clock.ts'

/** A clock that stands still until a test moves it; chance is always a half, so jitter adds nothing. */
export interface ConsumerClock extends Clock {
  advance(ms: number): void
  /** How many delays are pending. */
  readonly sleepers: () => number
}

/** Creates a clock for the consumer loop. */
export function createConsumerClock(): ConsumerClock {
  const clock = createFakeClock()
  return {
    now: clock.now,
    monotonicMs: clock.now,
    random: () => 0.5,
    advance: clock.advance,
    sleepers: clock.sleepers,
    delay: (ms, signal) => clock.sleep(ms, signal).catch(() => undefined),
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
