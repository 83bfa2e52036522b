import { assertNever } from '@murmuration/errors'
import { afterAnswer, afterNoAnswer, afterOutage, type Breaker, closedBreaker, mayStart } from './breaker.ts'
import { CallLife } from './call-life.ts'
import type { ConsumerDeps } from './consumer-deps.ts'
import { HandlerStuckError, HandlerTimeoutError, LeaseLostError } from './consumer-errors.ts'
import type { Holding } from './holding.ts'
import type { PartitionRunner } from './partition-runner.ts'
import { type CallEnd, type Heard, runCall } from './run-call.ts'
import type { WorkItem } from './work.ts'

/** Starts calls: as many as the consumer may have at once, of what the partitions have ready. */
export interface CallBoard {
  /** Starts what may start now. Call it whenever something may have changed. */
  schedule(): void
  /** Aborts calls whose deadline is over. Call it now and then. */
  watch(): void
  /** The assignment has ended: its calls are aborted, and what they answer is ignored. */
  abandon(): void
  /** Records whose call is under way. */
  underWay(): number
  /** A dependency is down. */
  waits(): boolean
  /** Why no call starts; undefined while they do. */
  problem(): string | undefined
}

interface Call {
  readonly holding: Holding
  readonly runner: PartitionRunner
  readonly items: readonly WorkItem[]
  readonly life: CallLife
  readonly startedMs: number
}

/** A record that waits asks again each second; when none has for so long, what it waited for is back, ms. */
const HELD_FOR_MS = 3_000
/** How often to look whether the lease is back, ms. */
const LEASE_POLL_MS = 100
/** Longest wait until the next look, ms: longer ones than some weeks no timer knows. */
const LONGEST_WAIT_MS = 60_000

/** Creates the board. `fail` ends the consumer. */
export function createCallBoard<E extends object>(
  deps: ConsumerDeps<E>,
  group: { readonly holding: () => Holding | undefined; readonly fail: (error: unknown) => void },
): CallBoard {
  const { consumer, clock, metrics } = deps
  const calls = new Set<Call>()
  /** What single records wait for, and when one last found it down, monotonic ms. */
  const held = new Map<string, number>()
  let breaker: Breaker = closedBreaker
  let turn = 0
  let wakeAtMs = Number.POSITIVE_INFINITY

  function schedule(): void {
    const holding = group.holding()
    if (holding === undefined) return
    const nowMs = clock.now()
    while (calls.size < consumer.concurrency) {
      const startedMs = clock.monotonicMs()
      const permission = mayStart(breaker, startedMs)
      const next = holding.isHeld() && permission.start ? takeNext(holding, nowMs) : undefined
      if (next === undefined) {
        wakeAt(nextLookMs(holding, nowMs))
        return
      }
      breaker = permission.breaker
      void carryOut({ holding, ...next, life: new CallLife(holding.isHeld), startedMs })
    }
  }

  /** Every partition gets its turn. */
  function takeNext({ runners }: Holding, nowMs: number) {
    for (let tried = 0; tried < runners.length; tried += 1) {
      turn = (turn + 1) % runners.length
      const runner = runners[turn] as PartitionRunner
      const items = runner.take(nowMs)
      if (items !== undefined) return { runner, items }
    }
    return undefined
  }

  /** When something may start that may not now, epoch ms. */
  function nextLookMs({ runners, isHeld }: Holding, nowMs: number): number {
    if (!isHeld()) return nowMs + LEASE_POLL_MS
    // The probe's end looks again.
    if (breaker.kind === 'probing') return Number.POSITIVE_INFINITY
    const closedMs = breaker.kind === 'open' ? Math.max(0, breaker.probeAtMs - clock.monotonicMs()) : 0
    if (closedMs > 0) return nowMs + closedMs
    const due = runners.map(({ state }) => (state.draining ? undefined : state.waiting.due.peek()?.at))
    return Math.min(...due.map((at) => at ?? Number.POSITIVE_INFINITY))
  }

  async function carryOut(call: Call): Promise<void> {
    calls.add(call)
    try {
      finish(call, await runCall(call.items, { origin: call.runner.origin, life: call.life }, deps))
    } catch (error) {
      group.fail(error)
    }
  }

  function finish(call: Call, end: CallEnd): void {
    calls.delete(call)
    if (call.holding.abort.signal.aborted) return
    switch (end.kind) {
      case 'stop':
        group.fail(end.error)
        break
      case 'settled':
        note(end.heard)
        call.runner.finish(call.items, end)
        schedule()
        break
      default:
        assertNever(end)
    }
  }

  function note(heard: Heard): void {
    const before = breaker
    breaker = heard === 'answer' ? afterAnswer(breaker) : afterSilence(heard, clock.monotonicMs())
    if (breaker !== before) tell(before)
  }

  function afterSilence(heard: Exclude<Heard, 'answer'>, nowMs: number): Breaker {
    if (heard !== 'nothing' && heard.of === 'sink') return afterOutage(breaker, { dependency: heard.dependency, nowMs })
    if (heard !== 'nothing') {
      held.set(heard.dependency, nowMs)
      metrics.set('murmuration_consumer_waiting', { group: consumer.groupId, dependency: heard.dependency }, 1)
    }
    return afterNoAnswer(breaker, nowMs)
  }

  function tell(before: Breaker): void {
    for (const [state, value] of [
      [before, 0],
      [breaker, 1],
    ] as const) {
      if (state.kind === 'closed') continue
      metrics.set('murmuration_consumer_waiting', { group: consumer.groupId, dependency: state.dependency }, value)
    }
  }

  function wakeAt(atMs: number): void {
    if (atMs >= wakeAtMs || atMs === Number.POSITIVE_INFINITY) return
    wakeAtMs = atMs
    const signal = group.holding()?.abort.signal
    if (signal === undefined) return
    void clock.delay(Math.min(atMs - clock.now(), LONGEST_WAIT_MS), signal).then(() => {
      if (wakeAtMs === atMs) wakeAtMs = Number.POSITIVE_INFINITY
      schedule()
    })
  }

  return {
    schedule,
    watch() {
      const nowMs = clock.monotonicMs()
      for (const [dependency, sinceMs] of held) {
        if (nowMs - sinceMs < HELD_FOR_MS) continue
        held.delete(dependency)
        metrics.set('murmuration_consumer_waiting', { group: consumer.groupId, dependency }, 0)
      }
      for (const { life, startedMs, runner, items } of calls) {
        const forMs = nowMs - startedMs
        const deadlineMs = consumer.callDeadlineMs
        if (forMs > deadlineMs) life.end(new HandlerTimeoutError({ deadlineMs }))
        if (forMs > deadlineMs * 2) {
          const offset = items[0]?.origin ?? 0
          group.fail(new HandlerStuckError({ forMs: Math.round(forMs), ...runner.main, offset }))
        }
      }
    },
    abandon() {
      for (const { life } of calls) life.end(new LeaseLostError())
      // A probe among them will not be heard any more.
      breaker = afterNoAnswer(breaker, clock.monotonicMs())
    },
    underWay: () => [...calls].reduce((total, { items }) => total + items.length, 0),
    waits: () => breaker.kind !== 'closed',
    problem() {
      if (breaker.kind !== 'closed') return `waits for ${breaker.dependency}`
      return group.holding()?.isHeld() === false ? 'has lost its lease' : undefined
    },
  }
}
