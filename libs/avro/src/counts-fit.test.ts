import { recordNames } from '@murmuration/schemas'
import avro from 'avsc'
import { describe, expect, it } from 'vitest'
import { createCountsCheck } from './counts-fit.ts'
import { avroTypeOf } from './encoder.ts'
import { exampleOf } from './testing/examples.ts'

const everything = avro.Type.forSchema({
  type: 'record',
  name: 'Everything',
  fields: [
    { name: 'nothing', type: 'null' },
    { name: 'yes', type: 'boolean' },
    { name: 'single', type: 'float' },
    { name: 'double', type: 'double' },
    { name: 'big', type: 'long' },
    { name: 'letter', type: { type: 'enum', name: 'Letter', symbols: ['A', 'B'] } },
    { name: 'four', type: { type: 'fixed', name: 'Four', size: 4 } },
    { name: 'map', type: { type: 'map', values: ['null', 'string'] } },
    { name: 'list', type: { type: 'array', items: { type: 'array', items: 'bytes' } } },
  ],
} as avro.Schema)

const event = {
  nothing: null,
  yes: true,
  single: 1.5,
  double: 2.5,
  big: -9_007_199_254_740_000,
  letter: 'B',
  four: Buffer.from('four'),
  map: { a: null, bb: 'text' },
  list: [[Buffer.from('x'), Buffer.alloc(300)], []],
}

function countsFit(type: avro.Type, bytes: Buffer): boolean {
  return createCountsCheck(type)(bytes, 0)
}

/** The type of a single field with these bytes. */
function fits(schema: unknown, ...bytes: number[]): boolean {
  return countsFit(avro.Type.forSchema(schema as avro.Schema), Buffer.from(bytes))
}

describe('createCountsCheck', () => {
  it.each(recordNames)('accepts the example of %s', (record) => {
    const type = avroTypeOf(record)
    expect(countsFit(type, type.toBuffer(exampleOf(record)))).toBe(true)
  })

  it('knows every construct of Avro, and its end', () => {
    const bytes = everything.toBuffer(event)
    expect(countsFit(everything, bytes)).toBe(true)
    for (let length = 0; length < bytes.length; length += 1)
      expect(countsFit(everything, bytes.subarray(0, length))).toBe(false)
  })

  it('accepts a block that says its length, as other writers write it', () => {
    // Two items, four bytes: "a", "b", end.
    expect(fits({ type: 'array', items: 'string' }, 3, 8, 2, 97, 2, 98, 0)).toBe(true)
  })

  it('refuses more items than bytes, a text longer than the rest, and a negative length', () => {
    expect(fits({ type: 'array', items: 'int' }, 0xfe, 0xff, 0xff, 0xff, 0x0f)).toBe(false)
    expect(fits('string', 6, 97, 98)).toBe(false)
    expect(fits('bytes', 1)).toBe(false)
  })

  it('refuses a branch that the union does not have', () => {
    expect(fits(['null', 'string'], 4)).toBe(false)
    expect(fits(['null', 'string'], 1)).toBe(false)
  })

  it('refuses bytes that nest deeper than the stack', () => {
    const schema = { type: 'record', name: 'Node', fields: [{ name: 'next', type: ['null', 'Node'] }] }
    const bytes = Buffer.alloc(1_000_000, 2)
    expect(countsFit(avro.Type.forSchema(schema as avro.Schema), bytes)).toBe(false)
  })
})
