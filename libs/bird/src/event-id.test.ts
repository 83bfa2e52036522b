import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toEventId } from './event-id.ts'

describe('toEventId', () => {
  it('joins version, workspace and parts, a missing part as an empty one', () => {
    expect(toEventId('ws', ['status', 'whatsapp.outbound', 'm-1', 'sent', null])).toBe(
      '1:ws:status:whatsapp.outbound:m-1:sent:',
    )
  })

  it('encodes what would blur the parts or does not print', () => {
    expect(toEventId('w:s', ['2025-12-13T09:30:05Z', 'a b', 'é\n', '50%', '👍'])).toBe(
      '1:w%3As:2025-12-13T09%3A30%3A05Z:a%20b:%C3%A9%0A:50%25:%F0%9F%91%8D',
    )
  })

  it('gives different ids to different parts, in printable ASCII', () => {
    const parts = fc.array(fc.string({ unit: fc.constantFrom(':', '%', '3', 'A', ' ', 'é') }), { maxLength: 4 })
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const id = toEventId('ws', one)
        expect(id).toMatch(/^[!-~]+$/)
        expect(id === toEventId('ws', other)).toBe(JSON.stringify(one) === JSON.stringify(other))
      }),
    )
  })
})
