import type { AvroRecord, RecordName } from '@murmuration/schemas'
import avro, { type Type } from 'avsc'
import { RegistryUnavailableError } from '../avro-errors.ts'
import { readerTypeOf } from '../encoder.ts'
import type { Registry } from '../registry-client.ts'

/** A registry in memory that counts what it is asked. */
export interface FakeRegistry extends Registry {
  /** Registers a writer's schema. @returns its id */
  register(schema: AvroRecord): number
  /** From now on every request fails, until it is called with false. */
  goAway(away: boolean): void
  /** Ids that were asked for, in order. */
  readonly asked: readonly number[]
}

/** Creates a registry that knows the current schemas of some records under any subject. */
export function createFakeRegistry(records: readonly RecordName[]): FakeRegistry {
  const byId = new Map<number, Type>(records.map((record, index) => [index + 1, readerTypeOf(record)]))
  const asked: number[] = []
  let away = false
  function answer<T>(value: T): Promise<T> {
    return away ? Promise.reject(new RegistryUnavailableError({ url: 'http://fake' })) : Promise.resolve(value)
  }
  return {
    asked,
    register(schema) {
      const id = byId.size + 1
      byId.set(id, avro.Type.forSchema(schema as avro.Schema))
      return id
    },
    goAway: (value) => {
      away = value
    },
    schemaById(id) {
      asked.push(id)
      return answer(byId.get(id))
    },
    idOfSchema(_, schema) {
      const wanted = avro.Type.forSchema(schema as avro.Schema)
      return answer([...byId].find(([, type]) => type.equals(wanted))?.[0])
    },
  }
}
