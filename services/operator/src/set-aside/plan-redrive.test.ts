import { headerNames } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import { planRedrive } from './plan-redrive.ts'
import { DLQ, givenLetter, givenStored, NOW, RETRY } from './set-aside.fixture.ts'

const order = { actor: 'olga', reason: 'mended', occurredAt: NOW }
const ID = `redrive:${DLQ}/3/5@${NOW - 60_000}`
const by = { eventId: ID, actor: 'otto', occurredAt: NOW - 1_000 }

function plan(letter: Parameters<typeof planRedrive>[0][number], again = false) {
  const input = { ...order, again, newId: () => 'new', retryTopicOf: () => RETRY, retryEndOf: () => 40 }
  const { steps, skipped } = planRedrive([letter], input)
  return { step: steps[0], why: skipped[0]?.why }
}

describe('planRedrive', () => {
  it('puts a letter back as it is, on its partition, under an id that is the same each time', () => {
    const letter = givenLetter()
    const { step } = plan(letter)
    expect(step?.record).toEqual({
      kind: 'moved',
      topic: RETRY,
      partition: 3,
      key: letter.record.key,
      value: letter.record.value,
      headers: { ...letter.record.headers, [headerNames.redriveRun]: ID, [headerNames.redriveOffset]: '5' },
    })
    expect(step?.operation).toMatchObject({
      ...order,
      eventId: ID,
      type: 'operation.redrive',
      subject: 'orders.v1/3/17',
    })
    expect(JSON.parse(step?.operation?.details ?? '')).toMatchObject({ deadLetter: 5, retryEnd: 40 })
    expect(plan(letter)).toEqual(plan(letter))
  })

  it('never puts a letter where it waits already, nor a copy of another one', () => {
    for (const again of [false, true]) {
      expect(plan(givenLetter({ state: 'waiting', redrivenBy: by }), again).why).toMatch(/waits in the retry topic/)
      expect(plan(givenLetter({ state: 'copy' }), again).why).toMatch(/copy/)
    }
  })

  it('leaves a letter that was put back, and says who did it; with `again` it is another operation', () => {
    const letter = givenLetter({ state: 'redriven', redrivenBy: by })
    expect(plan(letter).why).toContain('put back before by otto, 2026-01-31T11:59:59.000Z')
    expect(plan(letter, true).step?.operation?.eventId).toBe(`${ID}#new`)
  })

  it('carries out what was only recorded, under the recorded id, and records it no second time', () => {
    const recorded = { ...by, eventId: `${ID}#second` }
    const { step } = plan(givenLetter({ state: 'unfinished', redrivenBy: recorded }))
    expect(step?.operation).toBeUndefined()
    expect(String(step?.record.headers[headerNames.redriveRun])).toBe(`${ID}#second`)
  })

  it('leaves a letter whose headers the consumer could not read', () => {
    const letter = givenLetter({ record: givenStored(DLQ, { headers: { [headerNames.originOffset]: 'x' } }) })
    expect(plan(letter).why).toMatch(/headers can not be read/)
  })
})
