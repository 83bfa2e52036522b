import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hmacSha256 } from './hmac-sha256.ts'

/** Some are longer than what is used again for each of them. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'grapheme', minLength: 60, maxLength: 70 }),
  fc.constantFrom('', 'é'.repeat(32), '🚚'.repeat(20_001), 'x'.repeat(100_000)),
)
const hex = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('hex'))

describe('hmacSha256', () => {
  it("is Node's own for any key, text and bytes, whatever came before", () => {
    fc.assert(
      fc.property(text, text, hex, (key, head, tail) => {
        const expected = createHmac('sha256', key).update(head, 'utf8').update(tail, 'hex').digest()
        expect(hmacSha256(key, { head, tail }).equals(expected)).toBe(true)
        expect(hmacSha256(key, { head: '🚚'.repeat(20_000), tail }).equals(expected)).toBe(false)
        expect(hmacSha256(key, { head, tail }).equals(expected)).toBe(true)
        expect(hmacSha256(key, { head, tail }).equals(expected)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('gives what RFC 4231 says', () => {
    const data = 'what do ya want for nothing?'
    expect(hmacSha256('Jefe', { head: data, tail: '' }).toString('hex')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
    expect(hmacSha256('Jefe', { head: '', tail: Buffer.from(data).toString('hex') }).toString('hex')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
  })
})
