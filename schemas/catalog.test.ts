import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { catalog, consumers, entryOfTopic, recordNames } from './catalog.ts'
import { type AvroField, type AvroRecord, type AvroType, loadSchema } from './load-schema.ts'

interface NamedField {
  /** record.field.field */
  readonly path: string
  readonly field: AvroField
}

/** Names of fields that hold personal data wherever they appear. */
const PERSONAL_NAMES = new Set([
  'address',
  'attributes',
  'body',
  'contactName',
  'displayName',
  'filename',
  'identifierValue',
  'label',
  'lastMessagePreview',
  'latitude',
  'longitude',
  'meta',
  'payload',
  'reference',
  'text',
  'unmappedBody',
  'url',
])
/** Open sets: what they may hold is documented, since the schema can't say it. */
const OPEN_SETS = new Set(['bodyType', 'direction', 'keyBasis', 'origin', 'parseResult', 'scheme', 'status', 'type'])
/** A reference repeats another record's type; the status names of an open set are documented at the record's own. */
const DOCUMENTED_ELSEWHERE = new Set(['raw-webhook.events.type'])

const schemas = recordNames.map((record) => ({ record, schema: loadSchema(record) }))
const fields = schemas.flatMap(({ record, schema }) => fieldsOf(schema, record))

function fieldsOf(schema: AvroRecord, path: string): NamedField[] {
  return schema.fields.flatMap((field) => {
    const own = `${path}.${field.name}`
    return [{ path: own, field }, ...recordsIn(field.type).flatMap((nested) => fieldsOf(nested, own))]
  })
}

function recordsIn(type: AvroType): AvroRecord[] {
  if (typeof type === 'string') return []
  if ('length' in type) return type.flatMap(recordsIn)
  if (type.type === 'array') return recordsIn(type.items)
  return type.type === 'record' ? [type] : []
}

describe('the catalog', () => {
  it('has a folder for each record, and a record for each folder', () => {
    const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !['generated', 'node_modules', 'readers'].includes(entry.name))
      .map((entry) => entry.name)
    expect(folders.sort()).toEqual([...recordNames].sort())
  })

  it('gives each record a topic of its own, named with its breaking generation', () => {
    const topics = recordNames.map((record) => catalog[record].topic)
    expect(new Set(topics).size).toBe(topics.length)
    for (const topic of topics) expect(topic).toMatch(/^[a-z]+\.[a-z-]+\.v\d+$/)
  })

  it('names only consumers that have a group, and no group twice', () => {
    for (const record of recordNames)
      for (const subscriber of catalog[record].subscribers) expect(consumers[subscriber].length).toBeGreaterThan(0)
    const ids = Object.values(consumers).flatMap((groups) => groups.map((group) => group.id))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('keeps every topic for a finite time, so that an erasure can name a date', () => {
    for (const record of recordNames) expect(catalog[record].retentionMs).toBeGreaterThan(0)
  })

  it('finds the row of a topic, and none for a topic that holds no record of ours', () => {
    expect(entryOfTopic('bird.messages.v1')).toMatchObject({ record: 'message', partitions: 12 })
    expect(entryOfTopic('bird.messages.v1.crm-sync.postgres.retry')).toBeUndefined()
  })
})

describe('the schemas', () => {
  it('give every record one name in one namespace', () => {
    expect(new Set(schemas.map(({ schema }) => schema.name)).size).toBe(schemas.length)
    for (const { schema } of schemas) expect(schema).toMatchObject({ namespace: 'io.murmuration.v1', type: 'record' })
  })

  it('document every record and every field', () => {
    for (const { schema } of schemas) expect(schema.doc).toMatch(/\.$/)
    expect(fields.filter(({ field }) => (field.doc ?? '').trim() === '').map(({ path }) => path)).toEqual([])
  })

  it('have a default wherever null is allowed, so that the field may come and go', () => {
    const nullable = fields.filter(({ field }) => Array.isArray(field.type) && field.type.includes('null'))
    expect(nullable.filter(({ field }) => field.default !== null).map(({ path }) => path)).toEqual([])
  })

  it('mark as personal every field that says something about a person', () => {
    const expected = fields.filter(({ field }) => PERSONAL_NAMES.has(field.name))
    expect(expected.filter(({ field }) => field.personal !== true).map(({ path }) => path)).toEqual([])
    // Bytes of a record key may be an identifier; Meta's message ids hold the phone number.
    const marked = fields.filter(({ field }) => field.personal === true).map(({ path }) => path)
    expect(marked).toContain('quarantined-record.key')
    expect(marked).toContain('message.platformReference')
  })

  it('mark no id, time or open set as personal: those may be in logs and metrics', () => {
    const marked = fields.filter(({ field }) => field.personal === true)
    const harmless = marked.filter(({ field }) => /(Id|At|Ref|Hash)$/.test(field.name) || field.values !== undefined)
    expect(harmless.map(({ path }) => path)).toEqual([])
  })

  it('document the values of every open set', () => {
    const open = fields.filter(({ path, field }) => OPEN_SETS.has(field.name) && !DOCUMENTED_ELSEWHERE.has(path))
    expect(open.filter(({ field }) => (field.values ?? []).length === 0).map(({ path }) => path)).toEqual([])
  })

  it('name a `type` in every record, dotted, that no other record uses', () => {
    const types = fields.filter(({ path }) => /^[^.]+\.type$/.test(path)).flatMap(({ field }) => field.values ?? [])
    expect(types.length).toBeGreaterThanOrEqual(recordNames.length)
    expect(new Set(types).size).toBe(types.length)
    for (const type of types) expect(type).toContain('.')
  })
})
