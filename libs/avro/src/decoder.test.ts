import { type AvroRecord, loadSchema } from '@murmuration/schemas'
import avro from 'avsc'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { RecordCorruptError, RegistryUnavailableError, SchemaUnknownError } from './avro-errors.ts'
import { createDecoder, type Decoder } from './decoder.ts'
import { createEncoder } from './encoder.ts'
import { exampleOf } from './testing/examples.ts'
import { createFakeRegistry, type FakeRegistry } from './testing/fake-registry.ts'
import { HEADER_BYTES, writeFrameHeader } from './wire-format.ts'

let registry: FakeRegistry
let decoder: Decoder
let value: Buffer

beforeEach(async () => {
  registry = createFakeRegistry(['message', 'erasure', 'partition-outcomes'])
  decoder = createDecoder(registry)
  const encoder = await createEncoder(registry, { records: ['message'], topicPrefix: '' })
  value = encoder.encode('message', exampleOf('message'))
})

function framed(schemaId: number, payload: Buffer): Buffer {
  const frame = Buffer.concat([Buffer.alloc(HEADER_BYTES), payload])
  writeFrameHeader(frame, schemaId)
  return frame
}

/** What another version of us wrote, with its own schema. */
function writtenWith(schema: AvroRecord, event: object): Buffer {
  return framed(registry.register(schema), avro.Type.forSchema(schema as avro.Schema).toBuffer(event))
}

describe('createDecoder', () => {
  it('asks for a schema id once', async () => {
    await decoder.decode('message', value)
    await decoder.decode('message', value)
    expect(registry.asked).toEqual([1])
  })

  it('quarantines a record whose schema id is unknown, and asks again next time: it may be pushed meanwhile', async () => {
    const stranger = framed(99, value.subarray(HEADER_BYTES))
    await expect(decoder.decode('message', stranger)).rejects.toThrow(SchemaUnknownError)
    await expect(decoder.decode('message', stranger)).rejects.toMatchObject({ schemaId: 99, disposition: 'quarantine' })
    expect(registry.asked).toEqual([99, 99])
  })

  it('quarantines a record of another kind: its schema cannot be read as ours', async () => {
    await expect(decoder.decode('erasure', value)).rejects.toThrow(
      "schema 1 can't be read as io.murmuration.v1.Erasure",
    )
  })

  it('quarantines a schema that is not Avro, or not readable at all: a clear answer, and of no use to us', async () => {
    for (const options of [{ format: 'PROTOBUF' }, { format: 'AVRO' }]) {
      const id = registry.register({ type: 'record', name: 'A', fields: [{ name: 'a', type: 'elsewhere.B' }] }, options)
      const record = framed(id, value.subarray(HEADER_BYTES))
      await expect(decoder.decode('message', record)).rejects.toThrow(SchemaUnknownError)
    }
  })

  it('asks for the id of an incompatible schema once, however many records carry it', async () => {
    await expect(decoder.decode('erasure', value)).rejects.toThrow(SchemaUnknownError)
    await expect(decoder.decode('erasure', value)).rejects.toThrow(SchemaUnknownError)
    expect(registry.asked).toEqual([1])
  })

  it('lets an outage pass through, and remembers nothing of it', async () => {
    registry.goAway(true)
    await expect(decoder.decode('message', value)).rejects.toThrow(RegistryUnavailableError)
    registry.goAway(false)
    expect(await decoder.decode('message', value)).toMatchObject(exampleOf('message'))
  })

  it('decodes what it knows while the registry is away', async () => {
    await decoder.decode('message', value)
    registry.goAway(true)
    expect(await decoder.decode('message', value)).toMatchObject(exampleOf('message'))
  })

  it('finds a record corrupt before it asks the registry, when it is no frame', async () => {
    registry.goAway(true)
    for (const bytes of [null, Buffer.from('{}'), Buffer.from('not avro')])
      await expect(decoder.decode('message', bytes)).rejects.toThrow(RecordCorruptError)
  })

  it('finds a record corrupt wherever it is cut off', async () => {
    for (let length = HEADER_BYTES; length < value.length; length += 1)
      await expect(decoder.decode('message', value.subarray(0, length))).rejects.toThrow(RecordCorruptError)
  })

  it('finds a record corrupt that goes on behind its end', async () => {
    await expect(decoder.decode('message', Buffer.concat([value, Buffer.from([0])]))).rejects.toThrow(
      RecordCorruptError,
    )
  })

  it('finds a record corrupt that announces billions of items, instead of building them', async () => {
    const outcomes = { ...exampleOf('partition-outcomes'), entries: [] }
    const payload = avro.Type.forSchema(loadSchema('partition-outcomes') as avro.Schema).toBuffer(outcomes)
    // The empty array at the end becomes one of about 4 * 10^9 items, in five bytes.
    const bomb = framed(3, Buffer.concat([payload.subarray(0, -1), Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x1f])]))
    await expect(decoder.decode('partition-outcomes', bomb)).rejects.toThrow(RecordCorruptError)
  })

  it('ends on any bytes with an event or as corrupt, and quotes none of them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(value.length - 1), async (noise, at) => {
        const bytes = Buffer.concat([value.subarray(0, Math.max(HEADER_BYTES, at)), noise])
        const outcome = await decoder.decode('message', bytes).catch((error: unknown) => error)
        if (!(outcome instanceof Error)) return
        expect(outcome).toBeInstanceOf(RecordCorruptError)
        expect(outcome.message).toBe(`record is corrupt: ${bytes.length - HEADER_BYTES} bytes do not fit schema 1`)
      }),
      { numRuns: 2_000 },
    )
  })

  it('gives the default for a field that the writer did not know yet', async () => {
    const schema = loadSchema('message')
    const older = { ...schema, fields: schema.fields.filter((field) => field.name !== 'locale') }
    const read = await decoder.decode('message', writtenWith(older, exampleOf('message')))
    expect(read).toMatchObject({ ...exampleOf('message'), locale: null })
  })

  it('skips a field that only the writer knows', async () => {
    const schema = loadSchema('message')
    const newer = { ...schema, fields: [{ name: 'mood', type: 'string' }, ...schema.fields] }
    const read = await decoder.decode('message', writtenWith(newer, { ...exampleOf('message'), mood: 'sunny' }))
    expect(read).toMatchObject(exampleOf('message'))
    expect(read).not.toHaveProperty('mood')
  })

  it('forgets the oldest writer when there are more than it may remember, and asks for it again', async () => {
    const small = createDecoder(registry, { maxWriters: 2 })
    const versions = ['a', 'b'].map((doc) => writtenWith({ ...loadSchema('message'), doc }, exampleOf('message')))
    for (const each of [value, ...versions, ...versions, value]) await small.decode('message', each)
    expect(registry.asked).toEqual([1, 4, 5, 1])
  })
})

describe('decodeNow', () => {
  it('gives the event at once when the schema has been seen, and nothing when it has not', async () => {
    expect(decoder.decodeNow('message', value)).toBeUndefined()
    await decoder.decode('message', value)
    expect(decoder.decodeNow('message', value)).toEqual(await decoder.decode('message', value))
  })

  it('finds corrupt, and incompatible, what decode finds so', async () => {
    await decoder.decode('message', value)
    await expect(decoder.decode('erasure', value)).rejects.toThrow(SchemaUnknownError)
    expect(() => decoder.decodeNow('message', null)).toThrow(RecordCorruptError)
    expect(() => decoder.decodeNow('message', value.subarray(0, -1))).toThrow(RecordCorruptError)
    expect(() => decoder.decodeNow('message', Buffer.concat([value, value]))).toThrow(RecordCorruptError)
    expect(() => decoder.decodeNow('erasure', value)).toThrow(SchemaUnknownError)
  })
})
