const TICK_MS = 10

/** An eye on the machine while a fault plays. */
export interface MachineWatch {
  /** How late this process, which has little to do meanwhile, was woken at the latest, ms. */
  longestStandstillMs(): number
  stop(): void
}

/** Watches how late this process is woken: it shares two cores with the brokers, the load and the ingress. */
export function watchMachine(): MachineWatch {
  let longestMs = 0
  let lastMs = performance.now()
  const ticking = setInterval(() => {
    const now = performance.now()
    longestMs = Math.max(longestMs, now - lastMs - TICK_MS)
    lastMs = now
  }, TICK_MS)
  return { longestStandstillMs: () => longestMs, stop: () => clearInterval(ticking) }
}
