import { uptime } from 'node:os'

/**
 * Creates a clock that goes on while the machine is suspended, ms, in ticks of 10: the machine's age. The clock of
 * `performance` and of timers stands still then.
 *
 * @param nowMs what serves where a sandbox does not tell the machine's age: then suspensions are not seen
 */
export function createBootClock(nowMs: () => number): () => number {
  try {
    uptime()
    return () => uptime() * 1_000
  } catch {
    return nowMs
  }
}
