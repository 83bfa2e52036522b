import { readFileSync } from 'node:fs'
import type { RecordName } from './catalog.ts'

/** A field of an Avro record, with our attributes: `values` documents an open set, `personal` marks personal data. */
export interface AvroField {
  readonly name: string
  readonly type: AvroType
  readonly doc?: string
  readonly default?: unknown
  readonly values?: readonly string[]
  readonly personal?: boolean
}

/** An Avro record schema as parsed JSON. */
export interface AvroRecord {
  readonly type: 'record'
  readonly name: string
  readonly namespace?: string
  readonly doc?: string
  readonly fields: readonly AvroField[]
}

/** The part of Avro's schema language that our schemas use. */
export type AvroType =
  | string
  | readonly AvroType[]
  | AvroRecord
  | { readonly type: 'array'; readonly items: AvroType }
  | { readonly type: 'long'; readonly logicalType: 'timestamp-millis' }

/** The current schema of a record, as parsed JSON. @throws when the file is missing: a broken checkout. */
export function loadSchema(record: RecordName): AvroRecord {
  return JSON.parse(readFileSync(new URL(`./${record}/v1.avsc`, import.meta.url), 'utf8')) as AvroRecord
}

/** The example of a record, as parsed JSON; bytes are text there. */
export function loadExample(record: RecordName): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(new URL(`./${record}/example.json`, import.meta.url), 'utf8')) as Record<
    string,
    unknown
  >
}
