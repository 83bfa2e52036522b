import avro, { type Schema } from 'avsc'

/** An Avro schema with its references resolved; a recursive one refers to itself. */
export type SchemaNode =
  | { readonly kind: 'primitive'; readonly name: string; readonly logical?: string }
  | RecordNode
  | (Named & { readonly kind: 'enum'; readonly symbols: readonly string[]; readonly hasDefault: boolean })
  | (Named & { readonly kind: 'fixed'; readonly size: number; readonly logical?: string })
  | { readonly kind: 'array'; readonly items: SchemaNode }
  | { readonly kind: 'map'; readonly values: SchemaNode }
  | { readonly kind: 'union'; readonly branches: readonly SchemaNode[] }

interface Named {
  /** With its namespace. */
  readonly name: string
  /** Full names that it is also known by. */
  readonly aliases: readonly string[]
}

export interface RecordNode extends Named {
  readonly kind: 'record'
  readonly doc?: string
  readonly fields: readonly FieldNode[]
}

export interface FieldNode {
  readonly name: string
  readonly aliases: readonly string[]
  readonly hasDefault: boolean
  readonly doc?: string
  readonly type: SchemaNode
}

/** Longest reason that is told, characters. */
const MAX_REASON = 200

/** A schema that could be read, or why not. */
export type ParsedSchema =
  | { readonly kind: 'schema'; readonly root: RecordNode }
  | { readonly kind: 'unreadable'; readonly why: string }

/** Reads the text of a schema file. avsc says whether it is valid Avro, defaults included. */
export function parseSchemaText(text: string): ParsedSchema {
  try {
    const json: unknown = JSON.parse(text)
    avro.Type.forSchema(json as Schema, { noAnonymousTypes: true })
    const root = toNode(json, { namespace: '', names: new Map() })
    return root.kind === 'record' ? { kind: 'schema', root } : { kind: 'unreadable', why: 'it is not a record' }
  } catch (error) {
    return { kind: 'unreadable', why: toReason(error as Error) }
  }
}

/** avsc's message may quote the whole schema behind what it says. */
function toReason({ message }: Error): string {
  return message.length <= MAX_REASON ? message : `${message.slice(0, MAX_REASON)}…`
}

/** Paths of a record's fields, those of records inside it after the field that holds them: `message.media.url`. */
export function fieldPaths(record: RecordNode, root: string): readonly string[] {
  const above: RecordNode[] = []
  function visit(node: SchemaNode, place: string): readonly string[] {
    if (node.kind === 'union') return node.branches.flatMap((branch) => visit(branch, place))
    if (node.kind === 'array') return visit(node.items, place)
    if (node.kind === 'map') return visit(node.values, place)
    if (node.kind !== 'record' || above.includes(node)) return []
    above.push(node)
    const paths = node.fields.flatMap(({ name, type }) => [`${place}.${name}`, ...visit(type, `${place}.${name}`)])
    above.pop()
    return paths
  }
  return visit(record, root)
}

interface Scope {
  readonly namespace: string
  /** Named types so far, by full name. */
  readonly names: Map<string, SchemaNode>
}

/** The JSON of a named type or of an array, map or primitive; avsc has accepted it. */
interface TypeJson {
  readonly type: unknown
  readonly name: string
  readonly namespace?: string
  readonly aliases?: readonly string[]
  readonly doc?: string
  readonly logicalType?: string
  readonly precision?: number
  readonly scale?: number
  readonly fields: readonly (TypeJson & { readonly default?: unknown })[]
  readonly symbols: readonly string[]
  readonly default?: unknown
  readonly size: number
  readonly items: unknown
  readonly values: unknown
}

function toNode(json: unknown, scope: Scope): SchemaNode {
  if (Array.isArray(json)) return { kind: 'union', branches: json.map((branch) => toNode(branch, scope)) }
  if (typeof json === 'string')
    return scope.names.get(qualify(json, scope.namespace)) ?? { kind: 'primitive', name: json }
  const schema = json as TypeJson
  switch (schema.type) {
    case 'array':
      return { kind: 'array', items: toNode(schema.items, scope) }
    case 'map':
      return { kind: 'map', values: toNode(schema.values, scope) }
    case 'record':
      return toRecord(schema, scope)
    case 'enum':
      return declare({ kind: 'enum', ...nameOf(schema, scope), ...toEnum(schema) }, scope)
    case 'fixed':
      return declare({ kind: 'fixed', ...nameOf(schema, scope), size: schema.size, ...logicalOf(schema) }, scope)
    default:
      if (typeof schema.type !== 'string') return toNode(schema.type, scope)
      return { kind: 'primitive', name: schema.type, ...logicalOf(schema) }
  }
}

function toRecord(schema: TypeJson, scope: Scope): RecordNode {
  const fields: FieldNode[] = []
  const record: RecordNode = { kind: 'record', ...nameOf(schema, scope), ...docOf(schema), fields }
  declare(record, scope)
  const inner = { ...scope, namespace: namespaceOf(record.name) }
  for (const field of schema.fields)
    fields.push({
      name: field.name,
      aliases: field.aliases ?? [],
      hasDefault: field.default !== undefined,
      ...docOf(field),
      type: toNode(field.type, inner),
    })
  return record
}

function declare<T extends SchemaNode & Named>(node: T, scope: Scope): T {
  scope.names.set(node.name, node)
  return node
}

function toEnum(schema: TypeJson): { readonly symbols: readonly string[]; readonly hasDefault: boolean } {
  return { symbols: schema.symbols, hasDefault: schema.default !== undefined }
}

function nameOf(schema: TypeJson, scope: Scope): Named {
  const name = qualify(schema.name, schema.namespace ?? scope.namespace)
  return { name, aliases: (schema.aliases ?? []).map((alias) => qualify(alias, namespaceOf(name))) }
}

function docOf(schema: TypeJson): { readonly doc?: string } {
  return schema.doc === undefined ? {} : { doc: schema.doc }
}

/** A logical type in one word, e.g. `decimal(9,2)`. */
function logicalOf(schema: TypeJson): { readonly logical?: string } {
  if (schema.logicalType === undefined) return {}
  const size = schema.precision === undefined ? '' : `(${schema.precision},${schema.scale ?? 0})`
  return { logical: `${schema.logicalType}${size}` }
}

function qualify(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
}

function namespaceOf(fullName: string): string {
  return fullName.slice(0, Math.max(0, fullName.lastIndexOf('.')))
}
