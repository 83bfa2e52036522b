import avro from 'avsc'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createNullableTextType, createTextType, isNullableText } from './text-type.ts'

const plain = avro.Type.forSchema('string')
const quick = createTextType()

describe('createTextType', () => {
  it('writes the same bytes as avsc, whatever the text and the room', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: 'binary-ascii', maxLength: 200 }),
      fc.string({ unit: 'grapheme', minLength: 2_000, maxLength: 9_000, size: 'max' }),
    )
    fc.assert(
      fc.property(texts, fc.nat(300), (text, room) => {
        expect(quick.toBuffer(text)).toEqual(plain.toBuffer(text))
        const [ours, theirs] = [Buffer.alloc(room + 8), Buffer.alloc(room + 8)]
        const end = quick.encode(text, ours, 3)
        expect(end).toBe(plain.encode(text, theirs, 3))
        if (end >= 0) expect(ours.subarray(0, end)).toEqual(theirs.subarray(0, end))
      }),
    )
  })

  it('reads what avsc reads, whatever the bytes and wherever they stand', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200, max: 127 }))
    fc.assert(
      fc.property(bytes, fc.nat(10), (given, from) => {
        const value = Buffer.from(given)
        expect(quick.decode(value, from)).toEqual(plain.decode(value, from))
      }),
      { numRuns: 2_000 },
    )
  })

  it('reads a buffer anew that holds something else now', () => {
    const value = quick.toBuffer('before')
    expect(quick.decode(value, 0).value).toBe('before')
    value.write('behind', 1)
    expect(quick.decode(value, 0).value).toBe('behind')
  })

  it.each([0, 1, 21, 22, 63, 64, 65, 127, 128, 4_095, 4_096, 8_191, 8_192, 20_000])(
    'writes and reads texts of %i units as avsc does, of one byte each, of two and of three',
    (length) => {
      for (const unit of ['a', 'é', '€']) {
        const text = unit.repeat(length)
        expect(quick.toBuffer(text)).toEqual(plain.toBuffer(text))
        expect(quick.fromBuffer(plain.toBuffer(text))).toBe(text)
      }
    },
  )

  it('reads back what it wrote, in unions and records too', () => {
    const fields = [
      { name: 'a', type: 'string' },
      { name: 'b', type: ['null', 'string'] },
      { name: 'c', type: { type: 'array', items: 'string' } },
    ]
    const schema = { type: 'record', name: 'R', fields } as avro.Schema
    const type = avro.Type.forSchema(schema, { registry: { string: createTextType() } })
    const value = { a: 'x', b: 'مرحبا 🚚', c: ['', 'y'.repeat(100)] }
    const bytes = type.toBuffer(value)
    expect(bytes).toEqual(avro.Type.forSchema(schema).toBuffer(value))
    expect({ ...type.fromBuffer(bytes) }).toEqual(value)
  })

  it.each([1, 30, 100])('writes UTF-8 in any case: a lone surrogate becomes U+FFFD, in a text of %i', (length) => {
    const text = '\ud800'.padStart(length, 'x')
    expect(quick.fromBuffer(quick.toBuffer(text))).toBe(text.toWellFormed())
  })

  it.each([null, undefined, 1, {}, Buffer.from('a')])('refuses %s, which is no text', (value) => {
    expect(() => quick.toBuffer(value)).toThrow()
  })
})

describe('createNullableTextType', () => {
  const schema = ['null', 'string'] as const
  const plainUnion = avro.Type.forSchema([...schema])
  const quickUnion = createNullableTextType(quick)

  it('writes the same bytes as avsc, and reads them back, whatever the value and the room', () => {
    const values = fc.option(fc.string({ unit: 'grapheme', maxLength: 200 }))
    fc.assert(
      fc.property(values, fc.nat(300), (value, room) => {
        expect(quickUnion.toBuffer(value)).toEqual(plainUnion.toBuffer(value))
        expect(quickUnion.fromBuffer(quickUnion.toBuffer(value))).toBe(value)
        const [ours, theirs] = [Buffer.alloc(room + 4), Buffer.alloc(room + 4)]
        const end = quickUnion.encode(value, ours, 3)
        expect(end).toBe(plainUnion.encode(value, theirs, 3))
        if (end >= 0) expect(ours.subarray(0, end)).toEqual(theirs.subarray(0, end))
      }),
    )
  })

  it.each([undefined, 1, true, {}, ['a'], Buffer.from('a')])('refuses %s, and calls it invalid', (value) => {
    expect(() => quickUnion.toBuffer(value)).toThrow()
    expect(quickUnion.isValid(value)).toBe(false)
  })

  it.each([
    [['null', 'string'], true],
    [['string', 'null'], false],
    [['null', 'string', 'int'], false],
    [['null', 'bytes'], false],
    ['string', false],
    [{ type: 'string' }, false],
  ])('is for %j: %s', (given, expected) => {
    expect(isNullableText(given)).toBe(expected)
  })
})
