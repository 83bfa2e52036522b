import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPartitionFetcher } from './partition-fetcher.ts'
import { createFakeKafkajs } from './testing/fake-kafkajs.ts'

const OFFSET_OUT_OF_RANGE = 1
const NOT_LEADER_FOR_PARTITION = 6
const TOPIC_AUTHORIZATION_FAILED = 29

/** What a broker has of each partition of `main`, and what a fetcher made of it. */
function given(logs: readonly number[], options: { readonly valueBytes?: number; readonly perFetch?: number } = {}) {
  const kafka = createFakeKafkajs({ main: logs.length })
  const errors = new Map<number, number>()
  const delivered: string[] = []
  const problems: unknown[] = []
  const expired: object[] = []
  const value = Buffer.alloc(options.valueBytes ?? 10)
  kafka.answer('Fetch', async (input) => {
    const topics = input.topics as { partitions: { partition: number; fetchOffset: string }[] }[]
    const partitions = topics.flatMap(({ partitions: [asked] }) => {
      if (asked === undefined) return []
      const { partition, fetchOffset } = asked
      const end = logs[partition] ?? 0
      const count = Math.max(0, Math.min(options.perFetch ?? 100, end - Number(fetchOffset)))
      const errorCode = errors.get(partition) ?? 0
      const messages = Array.from({ length: errorCode === 0 ? count : 0 }, (_, index) => ({
        offset: String(Number(fetchOffset) + index),
        timestamp: '5',
        key: null,
        value,
      }))
      return [{ partition, errorCode, highWatermark: String(end), abortedTransactions: [], messages }]
    })
    // A broker waits for records; without a wait an idle fetcher would spin here.
    if (partitions.every(({ messages }) => messages.length === 0)) {
      await new Promise((resolve) => setTimeout(resolve, Number(input.maxWaitTime)))
    }
    return { responses: [{ topicName: 'main', partitions }] }
  })
  const all = logs.map((_, partition) => ({ topic: 'main', partition }))
  const onRecords = vi.fn<(partition: number) => void>()
  const fetcher = createPartitionFetcher(kafka.cluster, all, {
    deliver: ({ partition, records }) => {
      delivered.push(...records.map(({ offset }) => `${partition}:${offset}`))
      onRecords(partition)
    },
    expired: (gap) => expired.push(gap),
    failed: (error) => problems.push(error),
  })
  const start = (offset = 0) => fetcher.start(all.map((at) => ({ ...at, offset })))
  const fetches = () =>
    kafka.sent.map(({ input }) =>
      (input.topics as { partitions: { partition: number }[] }[]).map(({ partitions }) => partitions[0]?.partition),
    )
  const waits = () => kafka.sent.map(({ input }) => input.maxWaitTime)
  return { kafka, errors, delivered, problems, expired, fetcher, all, start, fetches, waits, onRecords }
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
}

const range = (partition: number, count: number) =>
  Array.from({ length: count }, (_, offset) => `${partition}:${offset}`)

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('createPartitionFetcher', () => {
  it('fetches ahead while a partition is paused, and delivers without asking again when it is resumed', async () => {
    const { fetcher, all, delivered, kafka, start } = given([30])
    start()
    await pass(50)
    expect(delivered).toEqual([])
    const asked = kafka.sent.length
    kafka.fail('Fetch', 'hang')
    fetcher.resume(all)
    await pass(1)
    expect(delivered).toEqual(range(0, 30))
    expect(kafka.sent.length - asked).toBeLessThanOrEqual(1)
    fetcher.stop()
  })

  it('stops fetching a paused partition when its buffer is full, and nothing of it is lost', async () => {
    const { fetcher, all, delivered, kafka, start } = given([4_000], { valueBytes: 1_000 })
    start()
    await pass(1_000)
    // 262,144 bytes are reached with the third hundred records of 1,200 bytes each.
    const full = kafka.sent.length
    await pass(60_000)
    expect(kafka.sent.length).toBe(full)
    expect(full).toBeLessThan(5)
    fetcher.resume(all)
    await pass(1_000)
    expect(delivered).toEqual(range(0, 4_000))
    fetcher.stop()
  })

  it('leaves a full partition out, fetches the others, and waits only a little since it may be wanted soon', async () => {
    const { fetcher, fetches, waits, start, onRecords } = given([4_000, 0], { valueBytes: 4_000 })
    const full = { topic: 'main', partition: 0 }
    const empty = { topic: 'main', partition: 1 }
    onRecords.mockImplementation(() => fetcher.pause([full]))
    start()
    fetcher.resume([empty])
    await pass(1_000)
    expect(fetches().at(-1)).toEqual([1])
    expect(waits().at(-1)).toBe(100)
    const before = fetches().length
    fetcher.resume([full])
    await pass(120)
    expect(
      fetches()
        .slice(before)
        .map((asked) => asked.length),
    ).toContain(2)
    expect(waits().slice(before, before + 3)).toEqual([100, 5, 10])
    fetcher.stop()
  })

  it('delivers nothing after a pause that is made while it delivers', async () => {
    const { fetcher, all, delivered, start, onRecords } = given([400], { perFetch: 400 })
    onRecords.mockImplementation(() => fetcher.pause(all))
    fetcher.resume(all)
    start()
    await pass(100)
    expect(delivered).toHaveLength(100)
    for (let slice = 2; slice <= 4; slice += 1) {
      fetcher.resume(all)
      await pass(10)
      expect(delivered).toHaveLength(100 * slice)
    }
    expect(delivered).toEqual(range(0, 400))
    fetcher.stop()
  })

  it('delivers what came of the other partitions when one has an error, and asks for the leaders anew', async () => {
    const { fetcher, all, delivered, errors, start } = given([3, 3])
    errors.set(0, NOT_LEADER_FOR_PARTITION)
    fetcher.resume(all)
    start()
    await pass(100)
    expect(fetcher.problem()).toBe('main/0: NOT_LEADER_FOR_PARTITION')
    errors.delete(0)
    await pass(500)
    expect([...delivered].sort()).toEqual([...range(0, 3), ...range(1, 3)])
    expect(fetcher.problem()).toBeUndefined()
    fetcher.stop()
  })

  it('waits for a leader where there is none', async () => {
    const { fetcher, all, delivered, kafka, start } = given([3])
    kafka.setPartitions('main', 1, -1)
    fetcher.resume(all)
    start()
    await pass(500)
    expect(fetcher.problem()).toBe('no leader is known of main/0')
    kafka.setPartitions('main', 1, 1)
    await pass(500)
    expect(delivered).toEqual(range(0, 3))
    fetcher.stop()
  })

  it('says which records expired unread, and goes on behind them', async () => {
    const { fetcher, all, delivered, errors, expired, start } = given([45])
    errors.set(0, OFFSET_OUT_OF_RANGE)
    fetcher.resume(all)
    start(10)
    await pass(1)
    errors.delete(0)
    await pass(200)
    expect(expired).toEqual([{ topic: 'main', partition: 0, from: 10, to: 40 }])
    expect(delivered[0]).toBe('0:40')
    fetcher.stop()
  })

  it('ends when the cluster has lost what it had acknowledged: an offset beyond the end', async () => {
    const { fetcher, errors, problems, expired, start } = given([45])
    errors.set(0, OFFSET_OUT_OF_RANGE)
    start(60)
    await pass(5_000)
    expect(problems).toEqual([])
    expect(fetcher.problem()).toMatch('main/0: offset 60 is not there')
    await pass(10_000)
    expect(problems).toEqual([expect.objectContaining({ kafkaError: 'OFFSET_OUT_OF_RANGE' })])
    expect(expired).toEqual([])
    fetcher.stop()
  })

  it('looks again at an offset that a broker does not have, since that may be one that was replaced as the leader', async () => {
    const { fetcher, all, delivered, errors, problems, expired, start } = given([57])
    errors.set(0, OFFSET_OUT_OF_RANGE)
    fetcher.resume(all)
    start(55)
    await pass(1_000)
    errors.delete(0)
    await pass(500)
    expect([delivered, problems, expired]).toEqual([['0:55', '0:56'], [], []])
    expect(fetcher.problem()).toBeUndefined()
    fetcher.stop()
  })

  it('does not spin at bytes without records, which a broker answers at once', async () => {
    const { fetcher, all, kafka, start } = given([0])
    kafka.answer('Fetch', async () => ({
      responses: [
        {
          topicName: 'main',
          partitions: [{ partition: 0, errorCode: 0, highWatermark: '60', abortedTransactions: [], messages: [] }],
        },
      ],
    }))
    fetcher.resume(all)
    start()
    await pass(1_000)
    expect(kafka.sent.length).toBeGreaterThan(5)
    expect(kafka.sent.length).toBeLessThan(15)
    fetcher.stop()
  })

  it('reads on what has a leader while another partition has none', async () => {
    const { fetcher, all, delivered, kafka, start } = given([3, 3])
    kafka.setLeader({ topic: 'main', partition: 0 }, -1)
    fetcher.resume(all)
    start()
    await pass(500)
    expect([delivered, fetcher.problem()]).toEqual([range(1, 3), 'no leader is known of main/0'])
    kafka.setLeader({ topic: 'main', partition: 0 }, 1)
    await pass(500)
    expect(delivered).toEqual([...range(1, 3), ...range(0, 3)])
    fetcher.stop()
  })

  it('ends when it may not read a topic, and when what it calls throws', async () => {
    const refused = given([3])
    refused.errors.set(0, TOPIC_AUTHORIZATION_FAILED)
    refused.start()
    await pass(150)
    expect(refused.problems).toEqual([expect.objectContaining({ kafkaError: 'TOPIC_AUTHORIZATION_FAILED' })])

    const broken = given([3])
    broken.onRecords.mockImplementation(() => {
      throw new TypeError('a defect')
    })
    broken.fetcher.resume(broken.all)
    broken.start()
    await pass(10)
    expect(broken.problems).toEqual([expect.objectContaining({ message: 'a defect' })])
  })

  it('delivers nothing once it is stopped, though an answer is under way', async () => {
    const { fetcher, all, delivered, start } = given([3])
    fetcher.resume(all)
    start()
    fetcher.stop()
    await pass(500)
    expect(delivered).toEqual([])
  })

  it('goes on after the connection failed', async () => {
    const { fetcher, all, delivered, kafka, start } = given([3])
    kafka.fail('Fetch', 'REQUEST_TIMED_OUT', 'REQUEST_TIMED_OUT')
    fetcher.resume(all)
    start()
    await pass(1_000)
    expect(delivered).toEqual(range(0, 3))
    fetcher.stop()
  })
})
