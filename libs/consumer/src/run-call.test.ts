import { describe, expect, it } from 'vitest'
import type { HandleFold } from './handler.ts'
import { ChosenError } from './testing/errors.ts'
import { createHarness, dlq, main, retry, type SampleEvent } from './testing/harness.ts'

const at = (topic: string) => ({ topic, partition: 0 })

/** A fold that writes down what it is given at once, and answers as the test says. */
function folding(calls: string[][], answer: (ids: readonly string[]) => Awaited<ReturnType<HandleFold<SampleEvent>>>) {
  const handle: HandleFold<SampleEvent> = async (events) => {
    const ids = events.map(({ eventId }) => eventId)
    calls.push(ids)
    return answer(ids)
  }
  return { max: 3, handle }
}
const done = (count: number) => Array.from({ length: count }, () => ({ kind: 'done' }) as const)

describe('a fold', () => {
  it('takes what is queued of one key, up to its limit, and never of two', async () => {
    const calls: string[][] = []
    const harness = createHarness({ consumer: { fold: folding(calls, (ids) => ({ results: done(ids.length) })) } })
    harness.give('a', 1, 2, 3, 4)
    harness.give('b', 1, 2)
    await harness.join('m-0')
    await harness.pass(600)
    expect(calls.toSorted()).toEqual([
      ['a1', 'a2', 'a3'],
      ['b1', 'b2'],
    ])
    expect(harness.cluster.committed(at(main))?.offset).toBe(6)
  })

  it('settles the records that it has results for, and parks the next one with those behind it', async () => {
    const calls: string[][] = []
    const error = new ChosenError('MUR_OUTBOUND_FAILED')
    const harness = createHarness({
      consumer: {
        fold: folding(calls, (ids) => (ids.length === 3 ? { results: done(1), error } : { results: done(2) })),
      },
    })
    harness.give('a', 1, 2, 3)
    await harness.join('m-0')
    await harness.pass(500)
    expect(harness.cluster.records(at(retry)).map(({ value }) => String(value))).toEqual(['a2', 'a3'])
    await harness.pass(1_000)
    expect(calls).toEqual([
      ['a1', 'a2', 'a3'],
      ['a2', 'a3'],
    ])
  })

  it('ends before a record that can not be decoded, which is then met alone', async () => {
    const calls: string[][] = []
    const corrupt = new ChosenError('MUR_RECORD_CORRUPT')
    const harness = createHarness({
      handleEvent: async ({ eventId }) => {
        calls.push([eventId])
        return { kind: 'done' }
      },
      consumer: {
        fold: folding(calls, (ids) => ({ results: done(ids.length) })),
        decodeNow: (_, value) => {
          if (String(value) === 'a3') throw corrupt
          return { eventId: String(value), receivedAt: 0 }
        },
      },
    })
    harness.give('a', 1, 2, 3, 4)
    await harness.join('m-0')
    await harness.pass(800)
    expect(calls).toEqual([['a1', 'a2'], ['a4']])
    expect(harness.journal).toContain('publish quarantined-record')
    expect(harness.cluster.records(at(dlq))).toEqual([])
  })
})

describe('a call', () => {
  it('tells an audit trail of a record that nobody can decode, instead of quarantine', async () => {
    const seen: number[] = []
    const harness = createHarness({
      consumer: {
        decodeNow: () => {
          throw new ChosenError('MUR_RECORD_CORRUPT')
        },
        handleUndecodable: async (record) => {
          seen.push(record.offset)
          return { kind: 'done' }
        },
      },
    })
    harness.give('a', 1)
    await harness.join('m-0')
    await harness.pass(400)
    expect(seen).toEqual([0])
    expect(harness.journal).not.toContain('publish quarantined-record')
  })

  it('holds a record whose schema nobody can be asked for, and goes on with other keys', async () => {
    let away = true
    const handled: string[] = []
    const harness = createHarness({
      handleEvent: async ({ eventId }) => {
        handled.push(eventId)
        return { kind: 'done' }
      },
      consumer: {
        decodeNow: (_, value) => {
          if (away && String(value) === 'a1') throw new ChosenError('MUR_REGISTRY_UNAVAILABLE')
          return { eventId: String(value), receivedAt: 0 }
        },
      },
    })
    harness.give('a', 1, 2)
    harness.give('b', 1, 2)
    await harness.join('m-0')
    await harness.pass(2_500)
    expect(handled).toEqual(['b1', 'b2'])
    expect(harness.cluster.records(at(retry))).toEqual([])
    away = false
    await harness.pass(1_500)
    expect(handled).toEqual(['b1', 'b2', 'a1', 'a2'])
  })

  it('keeps the order of a whole partition where the consumer asks for it, and overlaps nothing', async () => {
    const handled: string[] = []
    let running = 0
    const harness = createHarness({
      handleEvent: async ({ eventId }) => {
        running += 1
        handled.push(`${eventId} ${running}`)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
        return { kind: 'done' }
      },
      consumer: { order: 'partition' },
    })
    for (const key of ['a', 'b', 'c']) harness.give(key, 1, 2)
    await harness.join('m-0')
    await harness.pass(800)
    expect(handled).toEqual(['a1 1', 'a2 1', 'b1 1', 'b2 1', 'c1 1', 'c2 1'])
  })

  it('takes a lease that ends while a record is decoded for no outage of the sink', async () => {
    const handled: string[] = []
    const decoding = Promise.withResolvers<void>()
    const harness = createHarness({
      handleEvent: async ({ eventId }) => {
        handled.push(eventId)
        return { kind: 'done' }
      },
      consumer: {
        decodeNow: () => undefined,
        decode: async (_, value) => {
          await decoding.promise
          return { eventId: String(value), receivedAt: 0 }
        },
      },
    })
    harness.give('a', 1)
    const { source, running } = await harness.join('m-0')
    await harness.pass(300)
    source.freeze()
    harness.clock.advance(7_000)
    decoding.resolve()
    await harness.pass(100)
    expect(handled).toEqual([])
    expect(running.problem()).not.toContain('waits for')
    expect((await harness.metrics.expose()).text).not.toContain('dependency="MUR_LEASE_LOST"')
  })

  it('refuses its effect to a handler whose partition was given away meanwhile', async () => {
    const asked: unknown[] = []
    const gate = Promise.withResolvers<void>()
    const harness = createHarness({
      handleEvent: async (_, { assertHeld }) => {
        await gate.promise
        try {
          assertHeld()
        } catch (error) {
          asked.push(error)
        }
        return { kind: 'done' }
      },
    })
    harness.give('a', 1)
    const { source } = await harness.join('m-0')
    await harness.pass(300)
    source.freeze()
    harness.clock.advance(7_000)
    gate.resolve()
    await harness.pass(100)
    expect(asked).toMatchObject([{ code: 'MUR_LEASE_LOST' }])
  })
})
