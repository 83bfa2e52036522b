import { createTopicNames, headerNames, type KafkaRecord, type TopicReader } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import type { Lane } from './choose-consumers.ts'
import { redriveIdOf } from './operation.ts'
import { type RedriveTraces, readLetters, readRetryTraces } from './read-letters.ts'
import { DLQ, givenLetter, givenStored, NOW, RETRY, TOPIC } from './set-aside.fixture.ts'
import type { DeadLetter } from './set-aside-record.ts'

const names = createTopicNames('p.')
const lane: Lane = {
  consumer: 'group-a',
  order: 'key',
  topic: TOPIC,
  mainTopic: names.topic(TOPIC),
  retryTopic: RETRY,
  deadLetterTopic: DLQ,
}
const partition = 3

/** A cluster of one partition per topic; the group has committed its retry topic up to an offset. */
function givenReader(topics: Readonly<Record<string, readonly KafkaRecord[]>>, committed = 0): TopicReader {
  const boundsOf = (topic: string) => {
    const records = topics[topic] ?? []
    const low = records[0]?.offset ?? 0
    return { topic, partition, low, high: (records.at(-1)?.offset ?? low - 1) + 1 }
  }
  return {
    bounds: async (_, wanted) =>
      wanted.map((topic) => ({ ...boundsOf(topic), committed: { offset: committed, metadata: '' } })),
    held: async (topic) => [{ topic, partition, from: boundsOf(topic).low, to: boundsOf(topic).high }],
    read: async ({ topic, from, to }, onRecords) => {
      for (const record of topics[topic] ?? [])
        if (record.offset >= from && record.offset < to) await onRecords([record])
    },
    close: async () => undefined,
  }
}

/** What an operation put into the retry topic. */
function givenRedriven(offset: number, operationId: string): KafkaRecord {
  const name = { [headerNames.redriveRun]: operationId, [headerNames.redriveOffset]: '5' }
  return givenStored(RETRY, { offset, headers: { ...givenStored(RETRY).headers, ...name } })
}

async function read(letters: readonly KafkaRecord[], traces: Partial<RedriveTraces> = {}) {
  const found: DeadLetter[] = []
  await readLetters(
    lane,
    { reader: givenReader({ [DLQ]: letters }) },
    {
      traces: { known: new Map(), retry: new Map(), ...traces },
      onLetters: async (some) => {
        found.push(...some)
      },
    },
  )
  return found
}

describe('readLetters', () => {
  it('reads a letter by its headers', async () => {
    const headers = {
      [headerNames.originOffset]: Buffer.from('17'),
      [headerNames.attempt]: Buffer.from('4'),
      [headerNames.errorCode]: Buffer.from('MUR_DATABASE_REFUSED'),
      [headerNames.firstFailedAt]: Buffer.from(String(NOW - 9_000)),
    }
    expect(await read([givenStored(DLQ, { headers })])).toMatchObject([
      {
        consumer: 'group-a',
        topic: TOPIC,
        partition,
        offset: 17,
        reason: 'MUR_DATABASE_REFUSED',
        tries: 4,
        firstFailedAtMs: NOW - 9_000,
        setAsideAtMs: NOW - 60_000,
        state: 'open',
      },
    ])
  })

  it('knows the copy that a crash left from a letter that was put back and died again', async () => {
    const first = givenStored(DLQ)
    const again = { ...givenRedriven(7, 'op'), topic: DLQ }
    const states = (await read([first, { ...first, offset: 6 }, again, { ...again, offset: 8 }])).map(
      ({ state }) => state,
    )
    expect(states).toEqual(['open', 'copy', 'open', 'copy'])
  })

  it('takes no letter without an origin for the copy of another one', async () => {
    const blank = givenStored(DLQ, { headers: {} })
    expect((await read([blank, { ...blank, offset: 6 }])).map(({ state }) => state)).toEqual(['open', 'open'])
  })

  it('takes what waits in the retry topic from the trace of its partition', async () => {
    const id = redriveIdOf(givenLetter())
    const trace = (holds: 'waiting' | 'settled') =>
      new Map([[partition, { low: 0, high: 9, holds: new Map([[id, holds]]) }]])
    expect((await read([givenStored(DLQ)], { retry: trace('waiting') }))[0]?.state).toBe('waiting')
    expect((await read([givenStored(DLQ)], { retry: trace('settled') }))[0]?.state).toBe('redriven')
  })
})

describe('readRetryTraces', () => {
  const traces = async (records: readonly KafkaRecord[], committed = 0) => {
    const found = await readRetryTraces(lane, { names, reader: givenReader({ [RETRY]: records }, committed) })
    return found.get(partition)
  }

  it('finds letters that wait, those that are settled and not cut off yet, and the ends of the partition', async () => {
    const trace = await traces([givenRedriven(3, 'done'), givenRedriven(4, 'waits')], 4)
    expect([trace?.low, trace?.high]).toEqual([3, 5])
    expect([...(trace?.holds ?? [])]).toEqual([
      ['done', 'settled'],
      ['waits', 'waiting'],
    ])
  })

  it('takes one that was put back again for the letter that it is', async () => {
    const trace = await traces([givenRedriven(3, 'first'), givenRedriven(4, 'first#second')], 4)
    expect([...(trace?.holds ?? [])]).toEqual([['first', 'waiting']])
  })
})
