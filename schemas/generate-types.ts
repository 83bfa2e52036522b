import type { AvroField, AvroRecord, AvroType } from './load-schema.ts'

const PRIMITIVES: Readonly<Record<string, string>> = {
  string: 'string',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  boolean: 'boolean',
  bytes: 'Buffer',
  null: 'null',
}

const HEADER = `// Generated from the schemas by \`npm run generate\`. Do not edit: a test compares.

/** Epoch milliseconds, UTC (Avro logical type timestamp-millis). */
export type TimestampMillis = number
`

/**
 * TypeScript interfaces for Avro records, field docs included.
 *
 * `type` becomes a union of its documented values, so that a handler's switch is exhaustive; every other open set
 * stays a string.
 * @throws on a schema construct that our schemas don't use.
 */
export function generateTypes(schemas: readonly AvroRecord[]): string {
  const interfaces: string[] = []
  for (const schema of schemas) interfaces.push(...toInterfaces(schema))
  return `${[HEADER, ...interfaces].join('\n')}`
}

function toInterfaces(schema: AvroRecord): string[] {
  const nested = schema.fields.flatMap((field) => nestedRecords(field.type)).flatMap(toInterfaces)
  const fields = schema.fields.map((field) => `${fieldDoc(field)}  readonly ${field.name}: ${fieldType(field)}\n`)
  return [...nested, `/** ${schema.doc ?? schema.name} */\nexport interface ${schema.name} {\n${fields.join('')}}\n`]
}

function fieldDoc(field: AvroField): string {
  const values = field.values === undefined ? '' : ` Values: ${field.values.join(', ')}.`
  const personal = field.personal === true ? ' Personal data.' : ''
  return `  /** ${field.doc ?? ''}${values}${personal} */\n`
}

function fieldType(field: AvroField): string {
  if (field.name !== 'type' || field.values === undefined || field.values[0]?.includes('.') !== true)
    return toType(field.type)
  return field.values.map((value) => `'${value}'`).join(' | ')
}

function toType(type: AvroType): string {
  if (typeof type === 'string') {
    const primitive = PRIMITIVES[type]
    if (primitive === undefined) throw new Error(`no TypeScript type for Avro "${type}"`)
    return primitive
  }
  if (isUnion(type)) return type.map(toType).sort(nullLast).join(' | ')
  if (type.type === 'array') return `readonly ${toType(type.items)}[]`
  if (type.type === 'long') return 'TimestampMillis'
  return type.name
}

function nestedRecords(type: AvroType): AvroRecord[] {
  if (typeof type === 'string') return []
  if (isUnion(type)) return type.flatMap(nestedRecords)
  if (type.type === 'array') return nestedRecords(type.items)
  return type.type === 'record' ? [type] : []
}

function isUnion(type: AvroType): type is readonly AvroType[] {
  return Array.isArray(type)
}

function nullLast(a: string, b: string): number {
  return Number(a === 'null') - Number(b === 'null')
}
