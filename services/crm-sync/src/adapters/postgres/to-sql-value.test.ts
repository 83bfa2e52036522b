import { describe, expect, it } from 'vitest'
import { toJson, toOptionalJson, toText, toTimestamp } from './to-sql-value.ts'

describe('toText', () => {
  it('replaces NUL and half surrogate pairs, and leaves whole emoji alone', () => {
    expect(toText('a\0b\uD83D c😀')).toBe('a\uFFFDb\uFFFD c😀')
  })
})

describe('toJson', () => {
  it('replaces escapes that jsonb refuses, and no text that only looks like one', () => {
    const value = { nul: 'a\0', half: '\uDE00', whole: '😀', text: '\\u0000 \\ud83d', control: '\u0001\n' }
    expect(JSON.parse(toJson(value))).toEqual({ ...value, nul: 'a\uFFFD', half: '\uFFFD' })
  })

  it('replaces them in names of fields too', () => {
    expect(JSON.parse(toJson({ 'k\0': 1 }))).toEqual({ 'k\uFFFD': 1 })
  })
})

describe('toOptionalJson', () => {
  it('keeps what is no JSON as a JSON string', () => {
    expect(toOptionalJson('{"broken')).toBe('"{\\"broken"')
    expect(toOptionalJson('{"a": 1}')).toBe('{"a":1}')
    expect(toOptionalJson(null)).toBeNull()
  })
})

describe('toTimestamp', () => {
  it('clamps a clock that no column could hold, so that it still sorts', () => {
    expect(toTimestamp(0)).toBe('1970-01-01T00:00:00.000Z')
    expect(toTimestamp(Number.MAX_SAFE_INTEGER)).toBe('9999-12-31T00:00:00.000Z')
    expect(toTimestamp(Number.MIN_SAFE_INTEGER) < toTimestamp(0)).toBe(true)
  })
})
