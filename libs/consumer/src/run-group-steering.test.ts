import { describe, expect, it } from 'vitest'
import { encodeMetadata, MAX_METADATA_CHARS } from './partition/commit-metadata.ts'
import { ChosenError } from './testing/errors.ts'
import { createHarness, dlq, GROUP, journalHandler, main, PLAN, retry } from './testing/harness.ts'

const at = (topic: string) => ({ topic, partition: 0 })

describe('runGroup', () => {
  it.each([
    ['retry-now', ['a1!', 'a1!', 'b1'], 0],
    ['release', ['a1!', 'b1', 'a2'], 1],
    ['discard', ['a1!', 'b1', 'a2'], 0],
  ] as const)("carries out an operator's %s", async (word, expected, letters) => {
    const handled: string[] = []
    const fails = (eventId: string) => (eventId === 'a1' ? new ChosenError('MUR_OUTBOUND_FAILED') : undefined)
    const harness = createHarness({
      handleEvent: journalHandler(handled, fails),
      consumer: { plan: { ...PLAN, minDelayMs: 60_000, whenSpent: 'park' } },
    })
    harness.give('a', 1, 2)
    await harness.join('m-0')
    await harness.pass(400)
    const headers = { 'mur-command': word, 'mur-origin-offset': '0' }
    harness.cluster.append(at(retry), { key: Buffer.from('a'), value: null, headers })
    harness.give('b', 1)
    await harness.pass(1_000)
    expect(handled.toSorted()).toEqual(expected.toSorted())
    expect(harness.cluster.records(at(dlq)).length).toBe(letters)
  })

  it('goes on after a rebalance that took the probe of an outage with it', async () => {
    let down = true
    const handled: string[] = []
    const harness = createHarness({
      handleEvent: ({ eventId }) => {
        handled.push(eventId)
        if (handled.length === 2) return new Promise(() => {})
        return down ? Promise.reject(new ChosenError('MUR_DATABASE_UNAVAILABLE')) : Promise.resolve({ kind: 'done' })
      },
    })
    harness.give('a', 1)
    const { source } = await harness.join('m-0')
    await harness.pass(1_000)
    expect(handled).toEqual(['a1', 'a1'])
    down = false
    source.freeze()
    harness.cluster.expire('m-0')
    await harness.pass(100)
    source.thaw()
    await harness.pass(2_000)
    expect(handled).toEqual(['a1', 'a1', 'a1'])
  })

  it('aborts a call at its deadline and tries the record again', async () => {
    const calls: number[] = []
    const harness = createHarness({
      handleEvent: (_, { signal }) => {
        calls.push(harness.clock.now())
        if (calls.length > 1) return Promise.resolve({ kind: 'done' })
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
      consumer: { callDeadlineMs: 1_000 },
    })
    harness.give('a', 1)
    await harness.join('m-0')
    await harness.pass(5_000)
    expect(calls.length).toBe(2)
    expect(harness.lines.some(({ errorCode }) => errorCode === 'MUR_HANDLER_TIMEOUT')).toBe(true)
  })

  it('stops when a handler ignores that it was aborted', async () => {
    const harness = createHarness({
      handleEvent: () => new Promise(() => {}),
      consumer: { callDeadlineMs: 1_000 },
    })
    harness.give('a', 1)
    const { running } = await harness.join('m-0')
    const ended = expect(running.ended).rejects.toMatchObject({ code: 'MUR_HANDLER_STUCK' })
    // Twice the deadline, then the drain, which waits for the call in vain.
    await harness.pass(8_000)
    await ended
  })

  it('counts and names the records that expired unread, goes on behind them and commits past them', async () => {
    const handled: string[] = []
    const harness = createHarness({ handleEvent: journalHandler(handled) })
    harness.give('a', 1)
    const first = await harness.join('m-0')
    await harness.pass(400)
    await first.running.close()
    harness.give('a', 2, 3, 4)
    await harness.cluster.member('m-9').trim([{ topic: main, partition: 0, offset: 3 }])
    await harness.join('m-0')
    await harness.pass(400)
    expect(handled).toEqual(['a1', 'a4'])
    expect(harness.cluster.committed({ topic: main, partition: 0 })?.offset).toBe(4)
    expect(harness.lines.find(({ message }) => message.includes('expired'))).toMatchObject({ from: 1, to: 3 })
    expect((await harness.metrics.expose()).text).toMatch(/consumer_expired_records_total\{[^}]*\} 2/)
  })

  /** A member that finds as many fences, and of which the retry topic was not read to its end. */
  async function joinBehindFences(count: number) {
    const harness = createHarness({ handleEvent: journalHandler([]) })
    const fences = Array.from({ length: count }, () => ({ owner: 2 ** 31, from: 0 }))
    const metadata = encodeMetadata(0, { done: [], fences })
    expect(metadata.length).toBeLessThanOrEqual(MAX_METADATA_CHARS)
    const bounds = { committed: { offset: 0, metadata }, low: 0, high: 1 }
    const { running } = await harness.join('m-0', () => ({
      bounds: async (partitions) => partitions.map((partition) => ({ ...partition, ...bounds })),
    }))
    return { harness, running }
  }

  it('stops before it reads where no room is left for a fence', async () => {
    const { harness, running } = await joinBehindFences(383)
    await harness.pass(300)
    await expect(running.ended).rejects.toThrow('no room for a fence')
  })

  it('says so when a partition can not commit any more, and leaves room for fences', async () => {
    const { harness, running } = await joinBehindFences(365)
    await harness.pass(20_000)
    expect(running.problem()).toBeUndefined()
    await harness.pass(30_000)
    expect(running.problem()).toBe(`can't commit ${main}-0: too many parked records lie apart`)
  })

  it('reads no partition that lacks its retry partition, and says so', async () => {
    const handled: string[] = []
    const harness = createHarness({ handleEvent: journalHandler(handled) })
    harness.give('a', 1)
    const { running } = await harness.join('m-0', ({ bounds }) => ({
      bounds: async (partitions) => (await bounds(partitions)).filter(({ topic }) => topic !== retry),
    }))
    await harness.pass(1_000)
    expect(handled).toEqual([])
    expect(running.problem()).toBe(`does not read ${main}-0, which has no retry partition`)
    const { text } = await harness.metrics.expose()
    expect(text).toContain(`held_back_partitions{group="${GROUP}",reason="no-retry-partition"} 1`)
  })

  it('goes on when parked records vanish before it has read them', async () => {
    const handled: string[] = []
    const harness = createHarness({ handleEvent: journalHandler(handled) })
    harness.cluster.append(at(retry), { key: Buffer.from('a'), value: Buffer.from('a0'), headers: {} })
    harness.give('b', 1)
    await harness.join('m-0', ({ bounds, trim }) => ({
      bounds: async (partitions) => {
        const known = await bounds(partitions)
        await trim([{ ...at(retry), offset: 1 }])
        return known
      },
    }))
    await harness.pass(1_000)
    expect(handled).toEqual(['b1'])
  })

  it('asks no sleeping machine again and again: neither while a probe hangs nor for a record of next month', async () => {
    const harness = createHarness({
      handleEvent: ({ eventId }) => {
        if (eventId === 'p1') return Promise.reject(new ChosenError('MUR_OUTBOUND_FAILED', { retryAfterMs: 2e12 }))
        return eventId === 'b1' ? Promise.reject(new ChosenError('MUR_DATABASE_UNAVAILABLE')) : new Promise(() => {})
      },
    })
    harness.give('p', 1)
    const { deps } = await harness.join('m-0')
    await harness.pass(500)
    harness.give('b', 1)
    await harness.pass(500)
    const before = harness.clock.delays()
    await harness.pass(1_000)
    // Its loops: deadlines and commits five times a second, twice a look each second.
    expect(harness.clock.delays() - before).toBeLessThan(20)
    expect(deps.consumer.concurrency).toBe(10)
  })
})
