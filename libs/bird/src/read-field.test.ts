import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as readers from './read-field.ts'

describe('the tolerant readers', () => {
  it('throw for no JSON value, and give null or something empty for a wrong type', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const read of Object.values(readers)) expect(() => read(value)).not.toThrow()
      }),
    )
    expect(readers.readObject([1])).toEqual({})
    expect(readers.readList({ 0: 1 })).toEqual([])
    expect(readers.readText(5)).toBeNull()
    expect(readers.readFlag('true')).toBeNull()
  })

  it('read empty text as absent', () => {
    expect(readers.readText('')).toBeNull()
  })

  it('replace a lone surrogate, which no UTF-8 can hold', () => {
    expect(readers.readText(JSON.parse('"a\\ud800b"'))).toBe('a\ufffdb')
    expect(readers.readText('👍')).toBe('👍')
  })

  it.each([
    ['2025-12-13T09:30:05.000Z', 1_765_618_205_000],
    ['2025-12-13T09:30:05Z', 1_765_618_205_000],
    ['2025-12-13T09:30:05.123456789Z', 1_765_618_205_123],
    ['2025-12-13T10:30:05+01:00', 1_765_618_205_000],
    ['2025-12-13T09:30:05', 1_765_618_205_000],
    ['0001-01-01T00:00:00Z', null],
    ['1969-12-31T23:59:59Z', null],
    ['2025-13-13T09:30:05Z', null],
    ['2025-02-29T09:30:05Z', null],
    ['2024-02-29T23:30:05-05:00', 1_709_267_405_000],
    ['13 December 2025', null],
    ['1', null],
    [1_765_618_205, null],
  ])('read the time %j as %j', (text, ms) => {
    expect(readers.readTimeMs(text)).toBe(ms)
  })

  it('read the last days of every month, and none that it has not', () => {
    for (let year = 1970; year <= 2110; year += 1) {
      for (let month = 1; month <= 12; month += 1) {
        for (let day = 27; day <= 32; day += 1) {
          const ms = Date.UTC(year, month - 1, day)
          const text = `${year}-${String(month).padStart(2, '0')}-${day}T00:00:00Z`
          expect([text, readers.readTimeMs(text)]).toEqual([text, new Date(ms).getUTCDate() === day ? ms : null])
        }
      }
    }
  })

  it.each([
    ['1765617955', 1_765_617_955_000],
    [1_765_617_955, 1_765_617_955_000],
    ['1765617955000', null],
    ['-1', null],
    ['1.5', null],
    ['', null],
  ])('read the Unix seconds %j as %j', (seconds, ms) => {
    expect(readers.readUnixSecondsMs(seconds)).toBe(ms)
  })

  it.each([
    [2_147_483_647, 2_147_483_647],
    [-2_147_483_648, -2_147_483_648],
    [2_147_483_648, null],
    [1.5, null],
    [Number.POSITIVE_INFINITY, null],
    ['15005', null],
  ])('read the int %j as %j', (value, int) => {
    expect(readers.readInt32(value)).toBe(int)
  })

  it.each([
    [15_005, 15_005],
    ['15005', 15_005],
    ['-1', -1],
    ['2147483648', null],
    ['0x1f', null],
    ['', null],
    [null, null],
  ])('read the code %j as %j', (value, code) => {
    expect(readers.readInt32Code(value)).toBe(code)
  })
})
