import type { AvroField, AvroRecord, AvroType } from './load-schema.ts'

/** A field of a record, or of a record inside it, as documents show it. */
export interface DescribedField {
  /** Dotted from the record: `media.url` is the url of each entry of `media`. */
  readonly path: string
  /** For people: `string`, `timestamp-millis`, `MessageMedia[]`; whether null is allowed stands in `nullable`. */
  readonly type: string
  readonly nullable: boolean
  readonly field: AvroField
}

/** Every field of a record, nested ones after the field that holds them. Pure. */
export function describeFields(schema: AvroRecord): readonly DescribedField[] {
  return describe(schema, '')
}

function describe(schema: AvroRecord, prefix: string): readonly DescribedField[] {
  return schema.fields.flatMap((field) => {
    const path = `${prefix}${field.name}`
    const own = { path, type: nameType(field.type), nullable: isNullable(field.type), field }
    const nested = recordIn(field.type)
    return [own, ...(nested === undefined ? [] : describe(nested, `${path}.`))]
  })
}

function nameType(type: AvroType): string {
  if (typeof type === 'string') return type
  if (isUnion(type)) return type.flatMap((branch) => (branch === 'null' ? [] : [nameType(branch)])).join(' or ')
  if (type.type === 'array') return `${nameType(type.items)}[]`
  return type.type === 'long' ? type.logicalType : type.name
}

function isNullable(type: AvroType): boolean {
  return typeof type !== 'string' && isUnion(type) && type.includes('null')
}

/** The record that a field holds: itself, as one branch of its union, or as the entries of its array. */
function recordIn(type: AvroType): AvroRecord | undefined {
  if (typeof type === 'string') return undefined
  if (isUnion(type)) return type.map(recordIn).find((nested) => nested !== undefined)
  if (type.type === 'array') return recordIn(type.items)
  return type.type === 'record' ? type : undefined
}

function isUnion(type: AvroType): type is readonly AvroType[] {
  return Array.isArray(type)
}
