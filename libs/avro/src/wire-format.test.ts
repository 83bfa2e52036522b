import { describe, expect, it } from 'vitest'
import { RecordCorruptError } from './avro-errors.ts'
import { HEADER_BYTES, parseFrame, writeFrameHeader } from './wire-format.ts'

describe('the wire format', () => {
  it('is a zero, the schema id as 32 bits big-endian, and the payload', () => {
    const value = Buffer.concat([Buffer.alloc(HEADER_BYTES), Buffer.from('avro')])
    writeFrameHeader(value, 0x01_02_03_04)
    expect(value).toEqual(Buffer.from([0, 1, 2, 3, 4, ...Buffer.from('avro')]))
    expect(parseFrame(value)).toEqual({ schemaId: 0x01_02_03_04, payload: Buffer.from('avro') })
  })

  it('reads an id above 2^31 as a positive number', () => {
    expect(parseFrame(Buffer.from([0, 0xff, 0xff, 0xff, 0xff])).schemaId).toBe(4_294_967_295)
  })

  it('gives a view on the payload, and an empty one for a record without fields', () => {
    const value = Buffer.from([0, 0, 0, 0, 1, 42])
    expect(parseFrame(value).payload.buffer).toBe(value.buffer)
    expect(parseFrame(value.subarray(0, 5)).payload).toHaveLength(0)
  })

  it.each([
    ['null, a tombstone', null],
    ['nothing', Buffer.alloc(0)],
    ['four bytes', Buffer.from([0, 0, 0, 1])],
    ['another magic byte', Buffer.from([1, 0, 0, 0, 1, 0])],
    ['JSON', Buffer.from('{"a":1}')],
  ])('refuses %s', (_, value) => {
    expect(() => parseFrame(value)).toThrow(RecordCorruptError)
  })

  it('never quotes the value that it refuses', () => {
    expect(() => parseFrame(Buffer.from('Xsecret'))).toThrow(/^record is corrupt: magic byte is 88, not 0$/)
  })
})
