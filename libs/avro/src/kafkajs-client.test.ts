import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { type AvroRecord, loadSchema, type RecordName, recordNames } from '@murmuration/schemas'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDecoder } from './decoder.ts'
import { createEncoder, subjectOf } from './encoder.ts'
import { createRegistry, type Registry } from './registry-client.ts'
import { type ConfluentRegistry, startConfluentRegistry } from './testing/confluent-registry.ts'
import { exampleOf } from './testing/examples.ts'

let server: ConfluentRegistry
let registry: Registry
let foreign: SchemaRegistry

beforeAll(async () => {
  server = await startConfluentRegistry()
  for (const record of recordNames) register(record, loadSchema(record))
  registry = createRegistry({ url: server.url, timeoutMs: 5_000 })
  foreign = new SchemaRegistry({ host: server.url })
})
afterAll(() => server.close())

function register(record: RecordName, schema: AvroRecord): number {
  const { body } = server.subjects.register(subjectOf(record, ''), { schema: JSON.stringify(schema) })
  return (body as { id: number }).id
}

describe('the registry client of kafkajs', () => {
  it.each(recordNames)('reads the %s that we write, and writes what we read, byte for byte', async (record) => {
    const encoder = await createEncoder(registry, { records: [record], topicPrefix: '' })
    const ours = encoder.encode(record, exampleOf(record))
    expect(await foreign.decode(ours)).toMatchObject(exampleOf(record))

    const id = await foreign.getLatestSchemaId(subjectOf(record, ''))
    const theirs = await foreign.encode(id, exampleOf(record))
    expect(theirs.equals(ours)).toBe(true)
    expect(await createDecoder(registry).decode(record, theirs)).toMatchObject(exampleOf(record))
  })
})
