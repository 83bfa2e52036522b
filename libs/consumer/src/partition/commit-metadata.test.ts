import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CommitMetadata, decodeMetadata, encodeMetadata, MAX_METADATA_CHARS } from './commit-metadata.ts'

const offsets = fc.oneof(fc.nat(1_000), fc.integer({ min: 2 ** 40, max: 2 ** 45 }))
const cases = fc
  .record({
    offset: offsets,
    fences: fc.array(fc.record({ owner: fc.nat(2 ** 32 - 1), from: offsets }), { maxLength: 5 }),
    steps: fc.array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 500 })), { maxLength: 40 }),
  })
  .map(({ offset, fences, steps }) => {
    let end = offset
    const done = steps.map(([gap, length]) => {
      const from = end + gap
      end = from + length
      return { from, to: end }
    })
    return { offset, metadata: { done, fences } satisfies CommitMetadata }
  })

describe('commit metadata', () => {
  it('reads as it was written', () => {
    fc.assert(
      fc.property(cases, ({ offset, metadata }) => {
        expect(decodeMetadata(offset, encodeMetadata(offset, metadata))).toEqual(metadata)
      }),
    )
  })

  it('is empty when there is nothing to say, as an admin tool leaves it', () => {
    expect(encodeMetadata(7, { done: [], fences: [] })).toBe('')
    expect(decodeMetadata(7, '')).toEqual({ done: [], fences: [] })
  })

  const known = encodeMetadata(0, { done: [{ from: 3, to: 900 }], fences: [{ owner: 77, from: 5 }] })
  const bytes = Buffer.from(known, 'base64')
  it.each([
    ['of another version', Buffer.from([1, 0, 1, 1]).toString('base64')],
    ['cut off', bytes.subarray(0, -1).toString('base64')],
    ['longer than it says', Buffer.concat([bytes, Buffer.from([0])]).toString('base64')],
    ['with fewer fences than it says', Buffer.from([0b01001111]).toString('base64')],
    ['of somebody else', 'consumed by orders-service'],
    ['without base64 padding', known.replaceAll('=', '').concat(known.endsWith('=') ? '' : 'A')],
    ['beyond exact numbers', Buffer.from([0x44, ...Array(30).fill(0), ...Array(30).fill(0xff)]).toString('base64')],
  ])('is refused when it is %s', (_, metadata) => {
    expect(decodeMetadata(0, metadata)).toBeUndefined()
  })

  it('is not written for ranges that do not stand apart', () => {
    const write = (...done: { from: number; to: number }[]) => encodeMetadata(5, { done, fences: [] })
    expect(() => write({ from: 5, to: 6 })).toThrow(RangeError)
    expect(() => write({ from: 7, to: 7 })).toThrow(RangeError)
    expect(() => write({ from: 7, to: 8 }, { from: 8, to: 9 })).toThrow(RangeError)
  })

  it('never reads random text as something that it is not, nor throws', () => {
    fc.assert(
      fc.property(fc.base64String(), (text) => {
        const read = decodeMetadata(0, text)
        if (read !== undefined) expect(encodeMetadata(0, read)).toBe(text)
      }),
    )
  })

  it.each([
    [12_000, 2],
    [4_000, 5],
    [2_400, 20],
  ])('holds %i ranges when one offset in %i is not done', (count, every) => {
    const done = Array.from({ length: count }, (_, n) => ({ from: n * every + 1, to: (n + 1) * every }))
    const metadata = encodeMetadata(0, { done, fences: [{ owner: 2 ** 32 - 1, from: 1e9 }] })
    expect(metadata.length).toBeLessThan(MAX_METADATA_CHARS)
  })
})
