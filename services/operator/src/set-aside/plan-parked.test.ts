import { headerNames } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import { type ParkedWord, planParked } from './plan-parked.ts'
import { givenParked, NOW, RETRY } from './set-aside.fixture.ts'

const order = { actor: 'olga', reason: 'mended', occurredAt: NOW }

function plan(word: ParkedWord, ...records: Parameters<typeof planParked>[0]) {
  let ids = 0
  return planParked(records, {
    ...order,
    word,
    newId: () => {
      ids += 1
      return `op-${ids}`
    },
  })
}

describe('planParked', () => {
  it.each([
    ['retry-now', 'operation.retry'],
    ['release', 'operation.release'],
    ['discard', 'operation.discard'],
  ] as const)('records %s as %s, and says it to the retry partition under the same id', (word, type) => {
    const { steps, skipped } = plan(word, givenParked())
    expect(skipped).toEqual([])
    expect(steps[0]?.operation).toMatchObject({ ...order, eventId: 'op-1', type, subject: 'orders.v1/3/17' })
    expect(steps[0]?.record).toEqual({
      kind: 'moved',
      topic: RETRY,
      partition: 3,
      key: Buffer.from('anna'),
      value: null,
      headers: {
        [headerNames.command]: word,
        [headerNames.originOffset]: '17',
        [headerNames.operation]: 'op-1',
      },
    })
  })

  it('keeps the key and the contents out of what is recorded', () => {
    const operation = plan('discard', givenParked()).steps[0]?.operation
    expect(JSON.parse(operation?.details ?? '')).toEqual({
      consumer: 'group-a',
      topic: 'orders.v1',
      partition: 3,
      offset: 17,
      eventId: 'e17',
      failure: 'MUR_DATABASE_CONFLICT',
      tries: 2,
    })
    expect(JSON.stringify(operation)).not.toMatch(/anna|nobody may see/)
  })

  it('retries the first record of a key only, and drops any', () => {
    const behind = givenParked({ ahead: 2 })
    expect(plan('retry-now', behind).skipped[0]?.why).toBe('2 of its key go before it: retry the first one')
    expect(plan('discard', behind).steps).toHaveLength(1)
  })

  it('leaves what was ordered before, but for another word', () => {
    const released = givenParked({ ordered: 'release' })
    expect(plan('release', released).skipped[0]?.why).toBe('release was ordered before')
    expect(plan('retry-now', released).skipped).toHaveLength(1)
    expect(plan('discard', released).steps).toHaveLength(1)
  })
})
