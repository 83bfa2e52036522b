import { type AvroField, type AvroRecord, describeFields, loadSchema, type RecordName } from '@murmuration/schemas'

/** A field that a later release could add: compatible, since it has a default. */
export const addedField: AvroField = {
  name: 'addedLater',
  type: 'string',
  doc: 'Only in the newer schema.',
  default: 'not yet',
}

/** The schema as it was before one of its fields was added. @param without a field with a default */
export function olderSchema(record: RecordName, without: string): AvroRecord {
  const schema = loadSchema(record)
  const field = describeFields(schema).find(({ path }) => path === without)?.field
  if (field?.default === undefined) throw new TypeError(`${record}.${without} has no default: it was there always`)
  return { ...schema, fields: schema.fields.filter(({ name }) => name !== without) }
}

/** The schema as it may be after a field was added. */
export function newerSchema(record: RecordName): AvroRecord {
  const schema = loadSchema(record)
  return { ...schema, fields: [...schema.fields, addedField] }
}
