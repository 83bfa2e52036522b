import { describe, expect, it } from 'vitest'
import { describeDuration, renderLetters, renderParked, renderPlan, toJson } from './render.ts'
import { givenLetter, givenParked, givenStored, NOW, RETRY } from './set-aside.fixture.ts'
import type { SetAsideRecord } from './set-aside-record.ts'

const found = <R extends SetAsideRecord>(...chosen: readonly R[]) => ({
  chosen,
  matched: chosen.length,
  others: [],
  othersMatched: 0,
})

describe('the tables', () => {
  it('show where a record is, why, how often it was tried, its age and its turn', () => {
    const text = renderParked(found(givenParked(), givenParked({ ahead: 1, ordered: 'discard', redrive: 'r:1' })), NOW)
    expect(text.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['consumer', 'topic/partition/offset', 'key', 'event id', 'failure', 'tries', 'age', 'what is next'],
      ['group-a', 'orders.v1/3/17', 'anna', 'e17', 'MUR_DATABASE_CONFLICT', '2', '60 s', 'due in 30 s'],
      [
        'group-a',
        'orders.v1/3/17',
        'anna',
        'e17',
        'MUR_DATABASE_CONFLICT',
        '2',
        '60 s',
        'behind 1, discard ordered, put back',
      ],
      ['parked: 2'],
    ])
  })

  it('say how many there are beyond the limit, and what was put back', () => {
    const letters = { ...found(givenLetter({ state: 'unfinished' })), matched: 7, othersMatched: 2 }
    const lines = renderLetters(letters, NOW).split('\n')
    expect(lines[1]).toMatch(/open: recorded as put back, but was not$/)
    expect(lines[2]).toBe(
      'dead letters: 7, 1 shown: raise --limit; 2 were put back or are copies: --redriven shows them too',
    )
  })

  it('let no control character of a key reach the terminal', () => {
    const hostile = givenParked({ record: givenStored(RETRY, { key: Buffer.from('a\u001b[2Jb\n') }) })
    expect(renderParked(found(hostile), NOW)).toContain('a\\u{1b}[2Jb\\u{a} ')
  })

  it('show nothing of the contents, to programs neither', () => {
    const shown = [renderParked(found(givenParked()), NOW), JSON.stringify(toJson(givenParked()))].join()
    expect(shown).not.toMatch(/nobody may see|kept/)
    expect(toJson(givenParked())).toMatchObject({ key: 'anna', storedIn: RETRY, storedOffset: 5, offset: 17 })
  })
})

describe('the report of an order', () => {
  const words = { done: 'put back', planned: 'would be put back', left: 1, more: 3 }
  const step = { about: givenLetter(), id: 'op-1', operation: undefined, record: {} as never }
  const skipped = Array.from({ length: 12 }, () => ({ record: givenLetter({ eventId: null }), why: 'it waits' }))

  it('names each record with its operation, what was left, and what to do about the rest', () => {
    const text = renderPlan({ steps: [step], skipped: skipped.slice(0, 1) }, { ...words, dryRun: false })
    expect(text.split('\n')).toEqual([
      'put back orders.v1/3/17 of group-a (e17)  operation op-1',
      'left orders.v1/3/17 of group-a (event id unknown): it waits',
      '1 put back, 1 left as they are',
      '3 more match: repeat the command, or raise --limit',
    ])
  })

  it('of a dry run has no operation, and of many that are left only the first ten lines', () => {
    const text = renderPlan({ steps: [step], skipped }, { ...words, dryRun: true, left: 12 })
    expect(text).toContain('would be put back orders.v1/3/17 of group-a (e17)\n')
    expect(text.match(/^left/gm)).toHaveLength(10)
  })
})

describe('a duration', () => {
  it.each([
    [-5, '0 s'],
    [99_000, '99 s'],
    [100_000, '1 min'],
    [3 * 3_600_000, '3 h'],
    [71 * 3_600_000, '71 h'],
    [80 * 3_600_000, '3 d'],
  ])('of %i ms is %s', (ms, text) => {
    expect(describeDuration(ms)).toBe(text)
  })
})
