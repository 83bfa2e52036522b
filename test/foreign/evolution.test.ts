import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createDecoder, createRegistry } from '@murmuration/avro'
import { createKafka, createTopicNames, tailTopics } from '@murmuration/kafka'
import { silentLogger } from '@murmuration/observability'
import { type AvroRecord, catalog, loadExample, type Message } from '@murmuration/schemas'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addedField, newerSchema, olderSchema } from './other-versions.ts'
import { preparePython, type Row, readTopics, runPython } from './python.ts'
import { type PlayedSample, playSample, typedRecords } from './sample.ts'

/** A field with a default of each typed record, which the older schema does not have. */
const youngest = {
  message: 'locale',
  'message-status': 'reference',
  conversation: 'attributes',
  'platform-event': 'entityId',
} as const

const folder = mkdtempSync(join(tmpdir(), 'evolution-'))
let python: string
let sample: PlayedSample

beforeAll(async () => {
  python = preparePython()
  sample = await playSample()
})

afterAll(async () => {
  await sample?.pipeline.close()
  rmSync(folder, { recursive: true, force: true })
})

function writeSchema(name: string, schema: AvroRecord): string {
  const file = join(folder, `${name}.avsc`)
  writeFileSync(file, JSON.stringify(schema))
  return file
}

function readAll(toSchema: (record: (typeof typedRecords)[number]) => AvroRecord): readonly Row[] {
  return typedRecords.flatMap((record) => {
    const readerSchema = writeSchema(record, toSchema(record))
    return readTopics(python, { ...sample, topics: [catalog[record].topic], readerSchema })
  })
}

describe("Confluent's Python client with a reader's schema of another version", () => {
  it('reads every event of the sample one version older: the field that it does not know is left out', () => {
    const rows = readAll((record) => olderSchema(record, youngest[record]))
    expect(rows.map(({ value }) => value.eventId).sort()).toEqual(sample.answeredIds)
    const fields = new Set(rows.flatMap(({ topic, value }) => Object.keys(value).map((name) => `${topic} ${name}`)))
    for (const record of typedRecords) {
      expect(fields).toContain(`${catalog[record].topic} contentHash`)
      expect(fields).not.toContain(`${catalog[record].topic} ${youngest[record]}`)
    }
  })

  it('reads every event of the sample one version newer: the field that nobody wrote has its default', () => {
    const rows = readAll(newerSchema)
    expect(rows.map(({ value }) => value.eventId).sort()).toEqual(sample.answeredIds)
    expect(new Set(rows.map(({ value }) => value[addedField.name]))).toEqual(new Set([addedField.default]))
  })
})

describe('our decoder and the services', () => {
  it.each([
    ['older', olderSchema('message', youngest.message), null],
    ['newer', newerSchema('message'), 'es-CO'],
  ] as const)('read a message that was written one version %s, and the CRM has it', async (name, schema, locale) => {
    const messageId = `written-${name}`
    const eventId = `1:foreign:message:${messageId}`
    const event = {
      ...loadExample('message'),
      eventId,
      messageId,
      workspaceId: 'foreign',
      media: [],
      [addedField.name]: 'is there',
    }
    const { topic } = catalog.message
    const script = fileURLToPath(new URL('write_event.py', import.meta.url))
    const args = [script, sample.brokers, sample.registry, topic, writeSchema(name, schema), event.contactKey]
    runPython(python, args.map(String), JSON.stringify(event))

    const decoded = await decodeOne(eventId)
    expect(decoded).toMatchObject({ messageId, locale, text: null, contactKey: event.contactKey })
    expect(decoded).not.toHaveProperty(addedField.name)
    const [first] = sample.played
    if (first === undefined) throw new TypeError('nothing was played')
    const ends = first.step.ends.filter(({ record }) => record === 'message')
    const answer = { ...first.answer, result: 'accepted', eventIds: [eventId] }
    const report = await sample.pipeline.endsOf([{ step: { ...first.step, ends }, answer }], { patienceMs: 30_000 })
    expect(report).toEqual({ missing: [], wrong: [], checked: 2 })
  })
})

/** Our own decoder's view of one event in bird.messages.v1. */
async function decodeOne(eventId: string): Promise<Message> {
  const found = Promise.withResolvers<Message>()
  const tail = await tailTopics({
    kafka: createKafka({ brokers: sample.brokers.split(','), clientId: 'foreign', logger: silentLogger }),
    decoder: createDecoder(createRegistry({ url: sample.registry, timeoutMs: 5_000 })),
    names: createTopicNames(''),
    topics: [catalog.message.topic],
    from: 'beginning',
    onRecord: ({ event }) => {
      const message = event as Message
      if (message.eventId === eventId) found.resolve(message)
    },
  })
  try {
    return await found.promise
  } finally {
    await tail.close()
  }
}
