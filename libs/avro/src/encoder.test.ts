import { loadSchema, recordNames } from '@murmuration/schemas'
import avro from 'avsc'
import { describe, expect, it } from 'vitest'
import { EventUnencodableError, RegistryUnavailableError, SchemaNotRegisteredError } from './avro-errors.ts'
import { createDecoder } from './decoder.ts'
import { avroTypeOf, createEncoder, subjectOf } from './encoder.ts'
import { exampleOf } from './testing/examples.ts'
import { createFakeRegistry } from './testing/fake-registry.ts'
import { isNullableText } from './text-type.ts'

describe('the schemas', () => {
  it.each(recordNames)('accept the example of %s, and give it back as it was', (record) => {
    const type = avroTypeOf(record)
    const event = exampleOf(record)
    const wrong: string[] = []
    type.isValid(event, { errorHook: (path) => wrong.push(path.join('.')), noUndeclaredFields: true })
    expect(wrong).toEqual([])
    expect({ ...type.fromBuffer(type.toBuffer(event)) }).toMatchObject(event)
  })

  it.each(recordNames)(
    'are written as avsc itself writes them: the example of %s, whichever text is absent',
    (record) => {
      const type = avroTypeOf(record)
      const plain = avro.Type.forSchema(loadSchema(record) as avro.Schema)
      const example = exampleOf(record)
      const withoutOne = loadSchema(record)
        .fields.filter((field) => isNullableText(field.type))
        .map(({ name }) => ({ ...example, [name]: null }))
      for (const event of [example, ...withoutOne]) expect(type.toBuffer(event)).toEqual(plain.toBuffer(event))
    },
  )
})

describe('createEncoder', () => {
  it('writes every record so that the decoder gives back the same event', async () => {
    const registry = createFakeRegistry(recordNames)
    const encoder = await createEncoder(registry, { records: recordNames, topicPrefix: '' })
    const decoder = createDecoder(registry)
    for (const record of recordNames) {
      const value = encoder.encode(record, exampleOf(record))
      expect(value[0]).toBe(0)
      expect(await decoder.decode(record, value)).toMatchObject(exampleOf(record))
    }
  })

  it.each([2_000, 2_048, 2_049, 5_000, 900_000])(
    'writes a text of %i bytes, which needs a second pass or not',
    async (length) => {
      const registry = createFakeRegistry(['message'])
      const encoder = await createEncoder(registry, { records: ['message'], topicPrefix: '' })
      const event = { ...exampleOf('message'), text: `${'é'.repeat(length / 2)}`, meta: 'x'.repeat(length) }
      const value = encoder.encode('message', event)
      expect(value.length).toBeGreaterThan(length)
      expect(await createDecoder(registry).decode('message', value)).toMatchObject(event)
    },
  )

  it('asks the registry once, at its creation, and encodes while the registry is away', async () => {
    const registry = createFakeRegistry(['message'])
    const encoder = await createEncoder(registry, { records: ['message'], topicPrefix: '' })
    registry.goAway(true)
    expect(encoder.encode('message', exampleOf('message')).length).toBeGreaterThan(100)
  })

  it('refuses to start when a schema was never pushed, and names its subject', async () => {
    const starting = createEncoder(createFakeRegistry(['message']), {
      records: ['message', 'erasure'],
      topicPrefix: 'p.',
    })
    await expect(starting).rejects.toThrow(SchemaNotRegisteredError)
    await expect(starting).rejects.toThrow('p.privacy.erasures.v1-value')
  })

  it('lets an outage pass through, so that the start waits', async () => {
    const registry = createFakeRegistry(['message'])
    registry.goAway(true)
    await expect(createEncoder(registry, { records: ['message'], topicPrefix: '' })).rejects.toThrow(
      RegistryUnavailableError,
    )
  })

  it('names the fields that do not fit, and none of their values', async () => {
    const encoder = await createEncoder(createFakeRegistry(['message']), { records: ['message'], topicPrefix: '' })
    const media = [{ url: 570_000_000_000, kind: 'image', contentType: null, filename: null, animated: null }]
    const event = { ...exampleOf('message'), identifierValue: 570_000_000_000, media }
    const encode = () => encoder.encode('message', event)
    expect(encode).toThrow(EventUnencodableError)
    expect(encode).toThrow('event does not fit schema message at identifierValue, media.0.url')
    expect(encode).not.toThrow('570')
  })

  it('refuses an event that lacks a field, also one with a default: a writer says what it means', async () => {
    const encoder = await createEncoder(createFakeRegistry(['erasure']), { records: ['erasure'], topicPrefix: '' })
    const { contactKey: _, ...event } = exampleOf('erasure')
    expect(() => encoder.encode('erasure', event)).toThrow('event does not fit schema erasure at contactKey')
  })

  it('refuses a record that it was not created for: a defect, not an event', async () => {
    const encoder = await createEncoder(createFakeRegistry(['message']), { records: ['message'], topicPrefix: '' })
    expect(() => encoder.encode('erasure', exampleOf('erasure'))).toThrow(TypeError)
  })
})

describe('subjectOf', () => {
  it('is the topic as the cluster knows it, and -value', () => {
    expect(subjectOf('message', '')).toBe('bird.messages.v1-value')
    expect(subjectOf('message', 'dev.')).toBe('dev.bird.messages.v1-value')
  })
})
