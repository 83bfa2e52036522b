import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { BatchLimits } from './batch-limit.ts'
import { createGroupCommit } from './group-commit.ts'
import type { Outcome, SentBatch } from './sent-batch.ts'

class RefusalError extends Error {}
class TooLargeError extends Error {}

const wide: BatchLimits = {
  maxBatchBytes: 1_000,
  minBatchBytes: 10,
  maxBatchItems: 100,
  maxQueuedBytes: 10_000,
  maxQueuedItems: 1_000,
}

/** A sender whose requests the test ends, one by one. An item is as large as its text is long. */
function createSender(overrides: Partial<BatchLimits> = {}, gapMs = 0) {
  const sent: string[][] = []
  const open: (PromiseWithResolvers<SentBatch<string>> & { readonly calls: number; readonly signal: AbortSignal })[] =
    []
  const commit = createGroupCommit<string, string>({
    send: (calls, signal) => {
      sent.push([...calls.flat()])
      const request = Promise.withResolvers<SentBatch<string>>()
      open.push({ ...request, calls: calls.length, signal })
      return request.promise
    },
    sizeOf: (item) => item.length,
    isRefusal: (error) => error instanceof TooLargeError,
    limits: { ...wide, ...overrides },
    gapMs,
    deadlineMs: 5_000,
    nowMs: () => performance.now(),
    toError: (what) => new RefusalError(what),
  })
  /** Ends the oldest request under way, and lets everything happen that follows from it. */
  async function end(outcomes?: readonly unknown[], pauseMs = 0, isTooLarge = false): Promise<void> {
    const request = open.shift()
    const toOutcome = (error: unknown): Outcome<string> => (error === undefined ? { result: 'receipt' } : { error })
    const errors = outcomes ?? Array.from({ length: request?.calls ?? 0 }, () => undefined)
    request?.resolve({ outcomes: errors.map(toOutcome), pauseMs, isTooLarge })
    await settle()
  }
  async function fail(error: Error): Promise<void> {
    open.shift()?.reject(error)
    await settle()
  }
  return { commit, sent, end, fail, isAborted: () => open[0]?.signal.aborted }
}

/** Runs all microtasks; no time passes. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0)
}

function refusalOf(call: Promise<string>): Promise<unknown> {
  return call.then(
    () => 'sent',
    (error: unknown) => (error instanceof RefusalError ? error.message : error),
  )
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('createGroupCommit', () => {
  it('sends the calls of one tick together', async () => {
    const { commit, sent, end } = createSender()
    const calls = Promise.all([commit.add(['a']), commit.add(['b', 'c'])])
    await settle()
    expect(sent).toEqual([['a', 'b', 'c']])
    await end()
    await calls
  })

  it('has one request in flight, and sends what arrived meanwhile together in the next one, in call order', async () => {
    const { commit, sent, end } = createSender()
    const first = commit.add(['a'])
    await settle()
    const others = Promise.all([commit.add(['b']), commit.add(['c', 'c2']), commit.add(['d'])])
    await settle()
    expect(sent).toEqual([['a']])
    expect(commit.load()).toMatchObject({ queuedItems: 4, queuedBytes: 5 })
    await end()
    await first
    expect(sent).toEqual([['a'], ['b', 'c', 'c2', 'd']])
    await end()
    await others
    expect(commit.load()).toMatchObject({ queuedItems: 0, queuedBytes: 0 })
  })

  it('cuts batches at the item limit, and never splits one call', async () => {
    const { commit, sent, end } = createSender({ maxBatchItems: 3 })
    const calls = Promise.all([['a', 'b'], ['c', 'd'], ['e', 'f', 'g', 'h'], ['i']].map((items) => commit.add(items)))
    for (let request = 0; request < 4; request += 1) {
      await settle()
      await end()
    }
    await calls
    expect(sent).toEqual([['a', 'b'], ['c', 'd'], ['e', 'f', 'g', 'h'], ['i']])
  })

  it('cuts batches at the byte limit, and sends one call that is larger by itself', async () => {
    const { commit, sent, end } = createSender({ maxBatchBytes: 4 })
    const calls = Promise.all([['aaa'], ['bb'], ['cc'], ['dddddddd'], ['e']].map((items) => commit.add(items)))
    for (let request = 0; request < 4; request += 1) {
      await settle()
      await end()
    }
    await calls
    expect(sent).toEqual([['aaa'], ['bb', 'cc'], ['dddddddd'], ['e']])
  })

  it('tells each call its own outcome', async () => {
    const { commit, end } = createSender()
    const calls = Promise.allSettled([commit.add(['a']), commit.add(['BAD']), commit.add(['c'])])
    await settle()
    const tooLarge = new Error('too large')
    await end([undefined, tooLarge, undefined])
    expect(await calls).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: tooLarge },
      { status: 'fulfilled' },
    ])
  })

  it('fails every call of a request that failed as a whole, and goes on with the next', async () => {
    const { commit, sent, end, fail } = createSender()
    const calls = Promise.allSettled([commit.add(['a']), commit.add(['b'])])
    await settle()
    const next = commit.add(['c'])
    await fail(new Error('away'))
    expect((await calls).map((call) => call.status)).toEqual(['rejected', 'rejected'])
    expect(sent).toEqual([['a', 'b'], ['c']])
    await end()
    await next
  })

  it('never sends a call whose deadline passed while it was queued', async () => {
    const { commit, sent, end } = createSender()
    const calls = [refusalOf(commit.add(['a']))]
    await settle()
    calls.push(refusalOf(commit.add(['b'])))
    await vi.advanceTimersByTimeAsync(3_000)
    await end()
    expect(sent).toEqual([['a'], ['b']])
    calls.push(refusalOf(commit.add(['c'])))
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await calls[1]).toBe('deadline')
    await vi.advanceTimersByTimeAsync(0)
    expect(sent).toEqual([['a'], ['b'], ['c']])
    await end()
    await end()
    expect(await Promise.all(calls)).toEqual(['sent', 'deadline', 'sent'])
  })

  it('counts the deadline of a call from when it was waited for, also behind calls that have more time', async () => {
    const { commit, sent, end } = createSender()
    const calls = [refusalOf(commit.add(['a']))]
    await settle()
    await vi.advanceTimersByTimeAsync(1_000)
    calls.push(refusalOf(commit.add(['b'])))
    calls.push(refusalOf(commit.add(['c'], performance.now() - 4_000)))
    const late = performance.now() - 5_000
    expect(await refusalOf(commit.add(['d'], late))).toBe('late')
    expect(await refusalOf(commit.add(['d'], late + 499))).toBe('late')
    await vi.advanceTimersByTimeAsync(999)
    expect(await Promise.race([calls[2], 'still waiting'])).toBe('still waiting')
    await vi.advanceTimersByTimeAsync(1)
    expect(await calls[2]).toBe('deadline')
    await end()
    await end()
    expect(sent).toEqual([['a'], ['b']])
    expect(await Promise.all(calls)).toEqual(['sent', 'sent', 'deadline'])
  })

  it('sends no call whose deadline has passed, also when the loop was too busy to say so in time', async () => {
    const { commit, sent, end } = createSender()
    const calls = [refusalOf(commit.add(['a']))]
    await settle()
    await vi.advanceTimersByTimeAsync(1_000)
    calls.push(refusalOf(commit.add(['b'], performance.now() - 3_000)), refusalOf(commit.add(['c'])))
    // Two seconds in which no timer fires.
    const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 2_000)
    await end()
    now.mockRestore()
    expect(await calls[1]).toBe('deadline')
    expect(sent).toEqual([['a'], ['c']])
    await end()
    expect(await Promise.all(calls)).toEqual(['sent', 'deadline', 'sent'])
  })

  it('leaves a request behind that hangs, tells the sender, and sends what came later without it', async () => {
    const { commit, sent, end, isAborted } = createSender()
    const first = refusalOf(commit.add(['a']))
    await settle()
    await vi.advanceTimersByTimeAsync(4_000)
    const second = refusalOf(commit.add(['b']))
    expect(isAborted()).toBe(false)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await first).toBe('deadline')
    expect(isAborted()).toBe(true)
    expect(sent).toEqual([['a'], ['b']])
    await end()
    expect(await Promise.race([second, 'still waiting'])).toBe('still waiting')
    await end()
    expect(await second).toBe('sent')
  })

  it('does not leave a request behind while somebody waits for it', async () => {
    const { commit, end, isAborted } = createSender({ maxBatchItems: 1 })
    const early = refusalOf(commit.add(['a']))
    await settle()
    await vi.advanceTimersByTimeAsync(2_000)
    const late = refusalOf(commit.add(['b']))
    await end()
    await vi.advanceTimersByTimeAsync(4_999)
    expect(isAborted()).toBe(false)
    await end()
    expect(await Promise.all([early, late])).toEqual(['sent', 'sent'])
  })

  it('refuses at once what does not fit into the queue, and takes more when it has emptied', async () => {
    const { commit, end } = createSender({ maxQueuedItems: 2 })
    const first = commit.add(['a'])
    await settle()
    const queued = commit.add(['b', 'c'])
    expect(commit.admits()).toBe(false)
    expect(await refusalOf(commit.add(['d']))).toBe('overloaded')
    await end()
    expect(commit.admits()).toBe(true)
    const later = commit.add(['d'])
    await end()
    await end()
    await Promise.all([first, queued, later])
  })

  it('lets less wait the longer the request under way takes', async () => {
    const { commit, end } = createSender({ maxBatchBytes: 10 })
    const calls = [refusalOf(commit.add(['a']))]
    await settle()
    calls.push(refusalOf(commit.add(['bbbbbbbbbbbb'])))
    expect(commit.admits()).toBe(true)
    await vi.advanceTimersByTimeAsync(101)
    expect(commit.admits()).toBe(false)
    await end()
    expect(commit.admits()).toBe(true)
    await end()
    expect(await Promise.all(calls)).toEqual(['sent', 'sent'])
  })

  it('makes requests smaller when they take too long, and larger again when they are quick', async () => {
    const { commit, end } = createSender()
    const sizes: number[] = []
    for (const durationMs of [1_000, 1_000, 600, 10, 10, 10]) {
      const call = commit.add(['a'])
      await settle()
      await vi.advanceTimersByTimeAsync(durationMs)
      await end()
      await call
      sizes.push(commit.load().batchBytes)
    }
    expect(sizes).toEqual([500, 250, 250, 500, 1_000, 1_000])
  })

  it('does not take one refused record for a sign that the cluster is not well', async () => {
    const { commit, end } = createSender()
    const call = refusalOf(commit.add(['BAD']))
    await settle()
    await end([new TooLargeError()])
    expect(await call).toBeInstanceOf(TooLargeError)
    expect(commit.load().batchBytes).toBe(1_000)
  })

  it('keeps requests small for a minute after one that the cluster took in parts alone', async () => {
    const { commit, end } = createSender({ maxBatchBytes: 1_000, minBatchBytes: 100 })
    const send = async (bytes: number, isTooLarge: boolean) => {
      const call = commit.add(['x'.repeat(bytes)])
      await settle()
      await end(undefined, 0, isTooLarge)
      await call
    }
    await send(800, true)
    expect(commit.load().batchBytes).toBe(400)
    await send(100, false)
    expect(commit.load().batchBytes).toBe(400)
    await vi.advanceTimersByTimeAsync(60_001)
    await send(100, false)
    expect(commit.load().batchBytes).toBe(800)
    await send(100, false)
    expect(commit.load().batchBytes).toBe(1_000)
  })

  it('sends nothing during a pause that the cluster asks for, and all that came meanwhile after it', async () => {
    const { commit, sent, end } = createSender()
    const calls = [commit.add(['a'])]
    await settle()
    await end(undefined, 200)
    calls.push(commit.add(['b']))
    await vi.advanceTimersByTimeAsync(100)
    calls.push(commit.add(['c']))
    await vi.advanceTimersByTimeAsync(99)
    expect(sent).toEqual([['a']])
    await vi.advanceTimersByTimeAsync(1)
    expect(sent).toEqual([['a'], ['b', 'c']])
    await end()
    await Promise.all(calls)
  })

  it('sends after a long pause who has waited for a while, and refuses who would wait in vain', async () => {
    const { commit, sent, end } = createSender()
    const calls = [commit.add(['a'])]
    await settle()
    const early = refusalOf(commit.add(['b']))
    await vi.advanceTimersByTimeAsync(60)
    const patient = commit.add(['c'], performance.now() - 55)
    const late = refusalOf(commit.add(['d']))
    await end(undefined, 4_941)
    expect(await Promise.all([early, late])).toEqual(['overloaded', 'overloaded'])
    await vi.advanceTimersByTimeAsync(4_941)
    expect(sent).toEqual([['a'], ['c']])
    await end()
    await Promise.all([...calls, patient])
  })

  it('refuses at once, those that wait too, when the pause is longer than anybody should wait', async () => {
    const { commit, sent, end } = createSender()
    const first = refusalOf(commit.add(['a']))
    await settle()
    const queued = refusalOf(commit.add(['b']))
    await end(undefined, 3_000)
    expect(await Promise.all([first, queued])).toEqual(['sent', 'overloaded'])
    expect(commit.load()).toMatchObject({ queuedItems: 0, queuedBytes: 0 })
    await commit.idle()
    expect(commit.admits()).toBe(false)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(commit.admits()).toBe(true)
    const later = commit.add(['c'])
    await settle()
    expect(sent).toEqual([['a'], ['c']])
    await end()
    await later
  })

  it('keeps a gap between two requests while few items wait, and none when many do', async () => {
    const { commit, sent, end } = createSender({}, 10)
    const calls = [commit.add(['a'])]
    await settle()
    expect(sent).toHaveLength(1)
    calls.push(commit.add(['b']))
    await end()
    expect(sent).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(10)
    expect(sent).toEqual([['a'], ['b']])
    calls.push(commit.add(Array.from({ length: 16 }, () => 'c')))
    await end()
    expect(sent).toHaveLength(3)
    await end()
    await vi.advanceTimersByTimeAsync(10)
    calls.push(commit.add(['d']))
    await settle()
    expect(sent).toHaveLength(4)
    await end()
    await Promise.all(calls)
  })

  it('counts a call that is larger than a request as one request, not as many', async () => {
    const { commit, end } = createSender({ maxBatchBytes: 10 })
    const calls = [commit.add(['a'])]
    await settle()
    calls.push(commit.add(['x'.repeat(500)]))
    expect(commit.load().queuedBytes).toBe(10)
    calls.push(commit.add(['b']))
    for (let request = 0; request < 3; request += 1) await end()
    await Promise.all(calls)
  })

  it('counts what it holds in full, however large one call is', async () => {
    const { commit, end } = createSender({ maxBatchBytes: 10, maxQueuedBytes: 500 })
    const calls = [commit.add(['a'])]
    await settle()
    calls.push(commit.add(['x'.repeat(500)]))
    expect(commit.admits()).toBe(false)
    await end()
    expect(commit.admits()).toBe(true)
    await end()
    await Promise.all(calls)
  })

  it('lets go of calls whose deadline passed while a request hangs', async () => {
    const { commit, end } = createSender({ maxBatchItems: 1 })
    const first = refusalOf(commit.add(['a']))
    await settle()
    await vi.advanceTimersByTimeAsync(4_000)
    await end()
    const late = refusalOf(commit.add(['b']))
    await settle()
    await vi.advanceTimersByTimeAsync(10)
    const queued = [refusalOf(commit.add(['c'])), refusalOf(commit.add(['d']))]
    await vi.advanceTimersByTimeAsync(4_990)
    expect(await late).toBe('deadline')
    await end()
    await vi.advanceTimersByTimeAsync(10)
    expect(await queued[1]).toBe('deadline')
    expect(commit.load().queuedItems).toBe(0)
    await end()
    await end()
    expect([await first, await queued[0]]).toEqual(['sent', 'deadline'])
  })

  it('is idle when nothing is queued or in flight, and not before', async () => {
    const { commit, end } = createSender()
    await commit.idle()
    const calls = [commit.add(['a'])]
    await settle()
    calls.push(commit.add(['b']))
    let idle = false
    const waiting = commit.idle().then(() => {
      idle = true
    })
    await end()
    expect(idle).toBe(false)
    await end()
    await waiting
    await Promise.all(calls)
  })
})
