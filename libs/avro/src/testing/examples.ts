import { readFileSync } from 'node:fs'
import { type AvroType, loadSchema, type RecordName } from '@murmuration/schemas'

/** The example of a record as an event; its bytes fields are text in the file and Buffers here. */
export function exampleOf(record: RecordName): Record<string, unknown> {
  const url = new URL(`../../../../schemas/${record}/example.json`, import.meta.url)
  const event = JSON.parse(readFileSync(url, 'utf8')) as Record<string, unknown>
  for (const field of loadSchema(record).fields) {
    const value = event[field.name]
    if (isBytes(field.type) && typeof value === 'string') event[field.name] = Buffer.from(value)
  }
  return event
}

function isBytes(type: AvroType): boolean {
  return type === 'bytes' || (Array.isArray(type) && type.includes('bytes'))
}
