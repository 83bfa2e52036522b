import { type AvroRecord, loadSchema, type RecordName } from '@murmuration/schemas'
import { RegistryUnavailableError } from '../avro-errors.ts'
import type { Registry, WriterSchema } from '../registry-client.ts'

/** A registry in memory that counts what it is asked. */
export interface FakeRegistry extends Registry {
  /** Registers a writer's schema, under every subject when none is given. @returns its id */
  register(schema: AvroRecord, options?: { readonly subject?: string; readonly format?: string }): number
  /** From now on every request fails, until it is called with false. */
  goAway(away: boolean): void
  /** Ids that were asked for, in order. */
  readonly asked: readonly number[]
}

interface Entry extends WriterSchema {
  readonly subjects: Set<string>
}

/** Stands for every subject. */
const ANY = '*'

/** Creates a registry that knows the current schemas of some records under any subject. */
export function createFakeRegistry(records: readonly RecordName[]): FakeRegistry {
  const entries: Entry[] = []
  const asked: number[] = []
  let away = false
  function answer<T>(value: T): Promise<T> {
    if (away) return Promise.reject(new RegistryUnavailableError({ url: 'http://fake', why: 'it went away' }))
    return Promise.resolve(value)
  }
  const fake: FakeRegistry = {
    asked,
    register(schema, { subject = ANY, format = 'AVRO' } = {}) {
      const text = JSON.stringify(schema)
      const known = entries.findIndex((entry) => entry.text === text && entry.format === format)
      if (known === -1) return entries.push({ text, format, subjects: new Set([subject]) })
      entries[known]?.subjects.add(subject)
      return known + 1
    },
    goAway: (value) => {
      away = value
    },
    schemaById(id) {
      asked.push(id)
      const entry = entries[id - 1]
      return answer(entry && { text: entry.text, format: entry.format })
    },
    idOfSchema(subject, schema) {
      const text = JSON.stringify(schema)
      const found = entries.findIndex(
        (entry) => entry.text === text && (entry.subjects.has(subject) || entry.subjects.has(ANY)),
      )
      return answer(found === -1 ? undefined : found + 1)
    },
  }
  for (const record of records) fake.register(loadSchema(record))
  return fake
}
