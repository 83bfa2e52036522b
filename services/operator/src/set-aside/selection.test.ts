import { ConfigInvalidError } from '@murmuration/config'
import { describe, expect, it } from 'vitest'
import { isNarrow, parseSelection, selects } from './selection.ts'
import { givenParked, givenStored, NOW, RETRY } from './set-aside.fixture.ts'

const parse = (...given: readonly (readonly [string, string])[]) => parseSelection({ values: new Map(given) }, NOW)

function problemsOf(...given: readonly (readonly [string, string])[]): readonly string[] {
  try {
    parse(...given)
    return []
  } catch (error) {
    if (error instanceof ConfigInvalidError) return error.problems
    throw error
  }
}

describe('a selection', () => {
  it('chooses everything, up to a hundred, where nothing is given', () => {
    const selection = parse()
    expect([selection.limit, isNarrow(selection), selects(selection, givenParked())]).toEqual([100, false, true])
  })

  it.each([
    ['--key', 'anna', 'ann'],
    ['--event-id', 'e17', 'e1'],
    ['--reason', 'MUR_DATABASE_CONFLICT', 'MUR_DATABASE'],
    ['--since', '2m', '30s'],
    ['--since', '2026-01-31T11:59:00Z', '2026-01-31T11:59:01Z'],
    ['--until', '2026-01-31T11:59:01Z', '2026-01-31T11:59:00Z'],
    ['--until', '59s', '1m'],
    ['--since', '2026-01-31', '2026-02-01'],
  ])('%s takes %s and leaves %s', (name, fits, other) => {
    expect(isNarrow(parse([name, fits]))).toBe(true)
    expect(selects(parse([name, fits]), givenParked())).toBe(true)
    expect(selects(parse([name, other]), givenParked())).toBe(false)
  })

  it('by key leaves a record that has none', () => {
    const keyless = givenParked({ record: givenStored(RETRY, { key: null }) })
    expect(selects(parse(['--key', '']), keyless)).toBe(false)
  })

  it('by event id does not decide about a record whose event id was not read yet, and leaves one that has none', () => {
    const selection = parse(['--event-id', 'e17'])
    expect(selects(selection, givenParked({ eventId: undefined }))).toBe(true)
    expect(selects(selection, givenParked({ eventId: null }))).toBe(false)
  })

  it('names every filter that can not be read', () => {
    const problems = problemsOf(['--since', 'yesterday'], ['--until', '5'], ['--limit', '0'])
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['--limit 0', '--since yesterday', '--until 5'])
    expect(problemsOf(['--limit', '1.5'])).toHaveLength(1)
  })
})
