import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createGroupCommit, type GroupCommitOptions } from './group-commit.ts'

class LateError extends Error {}
class BadItemError extends Error {}

/** A sender whose requests the test ends, one by one. */
function createSender(overrides: Partial<GroupCommitOptions<string>> = {}) {
  const sent: string[][] = []
  const open: PromiseWithResolvers<void>[] = []
  const commit = createGroupCommit<string>({
    send: (items) => {
      sent.push([...items])
      const request = Promise.withResolvers<void>()
      open.push(request)
      return request.promise
    },
    splits: (error) => error instanceof BadItemError,
    maxItemsPerBatch: 100,
    maxQueuedItems: 1_000,
    deadlineMs: 5_000,
    toDeadlineError: (what) => new LateError(what),
    ...overrides,
  })
  /** Ends the oldest request under way, and lets everything happen that follows from it. */
  async function end(error?: Error): Promise<void> {
    const request = open.shift()
    if (error === undefined) request?.resolve()
    else request?.reject(error)
    await settle()
  }
  return { commit, sent, end }
}

/** Runs all microtasks; no time passes. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0)
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
    const others = Promise.all([commit.add(['b']), commit.add(['c']), commit.add(['d'])])
    await settle()
    expect(sent).toEqual([['a']])
    expect(commit.queuedItems()).toBe(3)
    await end()
    await first
    expect(sent).toEqual([['a'], ['b', 'c', 'd']])
    await end()
    await others
  })

  it('cuts batches at the limit, and never splits one call', async () => {
    const { commit, sent, end } = createSender({ maxItemsPerBatch: 3 })
    const calls = Promise.all([['a', 'b'], ['c', 'd'], ['e', 'f', 'g', 'h'], ['i']].map((items) => commit.add(items)))
    for (let request = 0; request < 4; request += 1) {
      await settle()
      await end()
    }
    await calls
    expect(sent).toEqual([['a', 'b'], ['c', 'd'], ['e', 'f', 'g', 'h'], ['i']])
  })

  it('fails every call of a batch that failed as a whole, and goes on with the next', async () => {
    const { commit, sent, end } = createSender()
    const calls = Promise.allSettled([commit.add(['a']), commit.add(['b'])])
    await settle()
    const next = commit.add(['c'])
    await end(new Error('away'))
    expect((await calls).map((call) => call.status)).toEqual(['rejected', 'rejected'])
    expect(sent).toEqual([['a', 'b'], ['c']])
    await end()
    await next
  })

  it('sends the calls of a refused batch one by one, in order, so that the bad one fails alone', async () => {
    const { commit, sent, end } = createSender()
    const calls = Promise.allSettled([commit.add(['a']), commit.add(['BAD']), commit.add(['c'])])
    await settle()
    await end(new BadItemError())
    await end()
    await end(new BadItemError('too large'))
    await end()
    expect(sent).toEqual([['a', 'BAD', 'c'], ['a'], ['BAD'], ['c']])
    expect((await calls).map((call) => call.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('does not send a single refused call again', async () => {
    const { commit, sent, end } = createSender()
    const call = commit.add(['BAD']).catch((error: unknown) => error)
    await settle()
    await end(new BadItemError())
    expect(await call).toBeInstanceOf(BadItemError)
    expect(sent).toEqual([['BAD']])
  })

  it('never sends a call whose deadline passed while it was queued', async () => {
    const { commit, sent, end } = createSender()
    const first = commit.add(['a']).catch((error: unknown) => error)
    await settle()
    await vi.advanceTimersByTimeAsync(1_000)
    const second = commit.add(['b']).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(1_000)
    const third = commit.add(['c'])
    await vi.advanceTimersByTimeAsync(4_000)
    expect(await first).toBeInstanceOf(LateError)
    expect(await second).toMatchObject({ message: 'deadline' })
    await end()
    expect(sent).toEqual([['a'], ['c']])
    await end()
    await third
    expect(commit.queuedItems()).toBe(0)
  })

  it('gives up waiting for a request in flight at its deadline, though it may still arrive', async () => {
    const { commit, sent, end } = createSender()
    const call = commit.add(['a']).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await call).toBeInstanceOf(LateError)
    await end()
    expect(sent).toEqual([['a']])
  })

  it('refuses at once what does not fit into the queue, and takes more when it has emptied', async () => {
    const { commit, end } = createSender({ maxQueuedItems: 2 })
    const first = commit.add(['a'])
    await settle()
    const queued = commit.add(['b', 'c'])
    await expect(commit.add(['d'])).rejects.toMatchObject({ message: 'queue-full' })
    await end()
    const later = commit.add(['d'])
    await end()
    await end()
    await Promise.all([first, queued, later])
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
