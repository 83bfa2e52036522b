import { wait } from './wait.ts'

/** Between two looks for a broker, ms. */
const LOOK_EVERY_MS = 100
/** A broker that nobody has asked for within this is not looked for any longer, ms. */
const FORGET_AFTER_MS = 30_000

/** Brokers that do not answer, so that requests to the others do not wait for them each time. */
export interface BrokerOutages {
  /** @param address host:port */
  isOut(address: string): boolean
  /** It did not answer: it is out until it does. */
  note(address: string): void
  close(): void
}

/**
 * Creates a memory of outages; it outlives the connections.
 *
 * @param deps.probe resolves when a broker answers, whatever it says; rejects in its own time when it does not
 * @param deps.nowMs monotonic
 */
export function createBrokerOutages(deps: {
  readonly probe: (address: string) => Promise<unknown>
  readonly nowMs: () => number
}): BrokerOutages {
  const askedAtMs = new Map<string, number>()
  const closing = new AbortController()

  async function lookFor(address: string): Promise<void> {
    while (deps.nowMs() - (askedAtMs.get(address) ?? 0) < FORGET_AFTER_MS) {
      await wait(LOOK_EVERY_MS, closing.signal)
      if (closing.signal.aborted) return
      const answers = await deps.probe(address).then(
        () => true,
        () => false,
      )
      if (answers) break
    }
    askedAtMs.delete(address)
  }

  return {
    isOut(address) {
      if (!askedAtMs.has(address)) return false
      askedAtMs.set(address, deps.nowMs())
      return true
    },
    note(address) {
      const isKnown = askedAtMs.has(address)
      askedAtMs.set(address, deps.nowMs())
      if (!isKnown && !closing.signal.aborted) void lookFor(address)
    },
    close: () => closing.abort(),
  }
}
