/** Ticks of the clock that goes on while the machine is suspended are 10 ms; less than this is no suspension, ms. */
const LEAST_SUSPENSION_MS = 25
/** How long a look at that clock serves, ms: as long as one of its ticks. It costs some microseconds and more. */
const LOOK_MS = 10

/** Until when a group certainly has not given its member up. */
export interface GroupLease {
  /** To be called right before a heartbeat is sent. */
  begin(): HeartbeatUnderWay
  /** Nothing is assigned any more. */
  end(): void
  /** By the monotonic clock, ms; 0 after `end`. */
  untilMs(): number
  /** For how long the heartbeat under way has been waiting for its answer, ms; 0 when none is. */
  waitingMs(): number
}

/** A heartbeat that was sent. */
export interface HeartbeatUnderWay {
  /** The group has heard it. */
  heard(): void
  /** It was answered, or given up. */
  over(): void
}

/** The clocks of a lease. */
export interface LeaseClocks {
  /** Monotonic, ms. It may stand still while the machine is suspended. */
  readonly nowMs: () => number
  /** As long as the machine is up, ms; goes on while it is suspended. */
  readonly bootMs: () => number
}

/**
 * Creates a lease that has ended. It counts from when a heartbeat was sent: the group counts from when it came, which is
 * later. Time in which the machine was suspended counts too; where a hypervisor hides it from the machine, nothing can.
 */
export function createGroupLease({
  sessionTimeoutMs,
  nowMs,
  bootMs,
}: LeaseClocks & { readonly sessionTimeoutMs: number }): GroupLease {
  let look = { atMs: Number.NEGATIVE_INFINITY, aheadMs: 0 }
  let heard: { readonly sentAtMs: number; readonly aheadMs: number } | undefined
  let underWay: { readonly sentAtMs: number; readonly aheadMs: number } | undefined

  /** By how much the machine's age is ahead of the monotonic clock: it grows by suspensions, and by nothing else. */
  function measureAhead(now: number): number {
    if (now - look.atMs >= LOOK_MS) look = { atMs: now, aheadMs: bootMs() - now }
    return look.aheadMs
  }

  return {
    begin() {
      const now = nowMs()
      const sent = { sentAtMs: now, aheadMs: measureAhead(now) }
      underWay = sent
      return {
        heard() {
          heard = sent
        },
        over() {
          if (underWay === sent) underWay = undefined
        },
      }
    },
    end() {
      heard = undefined
    },
    untilMs() {
      if (heard === undefined) return 0
      const suspendedMs = measureAhead(nowMs()) - heard.aheadMs
      return heard.sentAtMs + sessionTimeoutMs - (suspendedMs < LEAST_SUSPENSION_MS ? 0 : suspendedMs)
    },
    waitingMs: () => (underWay === undefined ? 0 : nowMs() - underWay.sentAtMs),
  }
}
