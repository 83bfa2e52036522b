import type { Operation } from '@murmuration/schemas'
import { describe, expect, it } from 'vitest'
import { anotherRedriveId, isOpen, redriveIdOf, toKnownRedrives, toLetterState } from './operation.ts'
import { givenLetter, NOW } from './set-aside.fixture.ts'

const id = redriveIdOf(givenLetter())

function givenOperation(fields: Partial<Operation> = {}): Operation {
  const details = JSON.stringify({ retryEnd: 40 })
  const said = { actor: 'olga', reason: 'mended', occurredAt: NOW, subject: 'orders.v1/3/17', details }
  return { eventId: id, type: 'operation.redrive', ...said, ...fields }
}
const known = toKnownRedrives([givenOperation()]).get(id)

describe('known redrives', () => {
  it('keep the last one of a letter, and none of other operations', () => {
    const again = anotherRedriveId(givenLetter(), 'x')
    const all = toKnownRedrives([
      givenOperation(),
      givenOperation({ eventId: 'other', type: 'operation.discard' }),
      givenOperation({ eventId: again, actor: 'otto' }),
    ])
    expect([...all].map(([first, { eventId, actor }]) => [first, eventId, actor])).toEqual([[id, again, 'otto']])
  })

  it.each([null, 'no JSON', '{}', '"text"'])(
    'take details that do not say where the retry partition ended: %s',
    (details) => {
      expect(toKnownRedrives([givenOperation({ details })]).get(id)?.retryEnd).toBe(0)
    },
  )
})

describe('the state of a letter', () => {
  it.each([
    ['nobody put it back', undefined, { low: 0, holds: undefined }, 'open'],
    ['it waits in the retry topic', known, { low: 0, holds: 'waiting' }, 'waiting'],
    ['it was handled, and is not cut off yet', known, { low: 0, holds: 'settled' }, 'redriven'],
    ['it waits, though nothing is recorded any more', undefined, { low: 0, holds: 'waiting' }, 'waiting'],
    ['it is recorded, and nothing was cut off since', known, { low: 40, holds: undefined }, 'unfinished'],
    ['it is recorded, and more was cut off since', known, { low: 41, holds: undefined }, 'redriven'],
  ] as const)('%s', (_, recorded, retry, state) => {
    expect(toLetterState(recorded, retry)).toBe(state)
  })

  it('is open for a command when nothing was done, or with `again` when it is over', () => {
    const states = ['open', 'unfinished', 'redriven', 'waiting', 'copy'] as const
    expect(states.map((state) => isOpen({ state }, { again: false }))).toEqual([true, true, false, false, false])
    expect(states.map((state) => isOpen({ state }, { again: true }))).toEqual([true, true, true, false, false])
  })
})
