import { wait } from './wait.ts'

/** Between two looks for a broker, ms; before the first one longer each time that it answers the probe and nothing else. */
const LOOK_EVERY_MS = 100
const MAX_LOOK_AFTER_MS = 2_000
/** A broker that nobody has asked for within this is not looked for any longer, ms. */
const FORGET_AFTER_MS = 30_000

/** Brokers that do not answer, so that requests to the others do not wait for them each time. */
export interface BrokerOutages {
  /** @param address host:port */
  isOut(address: string): boolean
  /** It did not answer: it is out until it does. */
  note(address: string): void
  /** It has answered a request. */
  noteBack(address: string): void
  close(): void
}

/**
 * Creates a memory of outages; it outlives the connections.
 *
 * @param deps.probe resolves when a broker answers, whatever it says; rejects in its own time when it does not
 * @param deps.nowMs monotonic
 * @param deps.onChange is told when a broker goes out, or is no longer taken for out, and how many are then
 */
export function createBrokerOutages(deps: {
  readonly probe: (address: string) => Promise<unknown>
  readonly nowMs: () => number
  readonly onChange: (address: string, now: { readonly isOut: boolean; readonly out: number }) => void
}): BrokerOutages {
  const askedAtMs = new Map<string, number>()
  /** How often in a row a broker went out without having answered a request. */
  const relapses = new Map<string, number>()
  const closing = new AbortController()

  function letBack(address: string): void {
    if (askedAtMs.delete(address)) deps.onChange(address, { isOut: false, out: askedAtMs.size })
  }

  async function lookFor(address: string): Promise<void> {
    const times = relapses.get(address) ?? 0
    relapses.set(address, times + 1)
    let lookAfterMs = Math.min(MAX_LOOK_AFTER_MS, LOOK_EVERY_MS * 2 ** times)
    while (deps.nowMs() - (askedAtMs.get(address) ?? Number.NEGATIVE_INFINITY) < FORGET_AFTER_MS) {
      await wait(lookAfterMs, closing.signal)
      if (closing.signal.aborted) return
      lookAfterMs = LOOK_EVERY_MS
      const answers = await deps.probe(address).then(
        () => true,
        () => false,
      )
      if (answers) break
    }
    letBack(address)
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
      if (isKnown || closing.signal.aborted) return
      deps.onChange(address, { isOut: true, out: askedAtMs.size })
      void lookFor(address)
    },
    noteBack(address) {
      if (relapses.size === 0) return
      relapses.delete(address)
      letBack(address)
    },
    close: () => closing.abort(),
  }
}
