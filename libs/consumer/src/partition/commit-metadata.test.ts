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

  it.each([
    ['of another version', Buffer.from([2, 0, 1, 1]).toString('base64')],
    ['cut off within a number', Buffer.from([1, 0, 1, 0x80]).toString('base64')],
    ['cut off within a range', Buffer.from([1, 0, 1]).toString('base64')],
    ['with fewer fences than it says', Buffer.from([1, 2, 1, 1]).toString('base64')],
    ['with an empty range', Buffer.from([1, 0, 1, 0]).toString('base64')],
    ['of somebody else', 'consumed by orders-service'],
    ['without base64 padding', 'AQAB'.slice(0, 3)],
    ['beyond exact numbers', Buffer.from([1, 0, 1, ...Array(9).fill(0xff), 1]).toString('base64')],
  ])('is refused when it is %s', (_, metadata) => {
    expect(decodeMetadata(0, metadata)).toBeUndefined()
  })

  it('never reads random text as something that it is not, nor throws', () => {
    fc.assert(
      fc.property(fc.base64String(), (text) => {
        const read = decodeMetadata(0, text)
        if (read !== undefined) expect(encodeMetadata(0, read)).toBe(text === '' ? '' : encodeMetadata(0, read))
      }),
    )
  })

  it('holds about a thousand ranges of a busy partition', () => {
    const done = Array.from({ length: 1_000 }, (_, index) => ({ from: index * 3 + 1, to: index * 3 + 3 }))
    expect(encodeMetadata(0, { done, fences: [{ owner: 2 ** 32 - 1, from: 1e9 }] }).length).toBeLessThan(
      MAX_METADATA_CHARS,
    )
  })
})
