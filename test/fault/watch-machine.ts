const TICK_MS = 10

/** An eye on the machine while a fault plays. */
export interface MachineWatch {
  /** The longest time for which a process that has nothing to do was not woken, ms. */
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
