import type { FieldNode, RecordNode, SchemaNode } from './schema-node.ts'

/** One reason why a reader's schema can't read what a writer's wrote. */
export interface Incompatibility {
  /** The reader's field, dotted, e.g. `message.media.url`; items of arrays, values of maps and branches add nothing. */
  readonly path: string
  /**
   * - `no-default`: the writer has no such field, and the reader gives it no default
   * - `type`: the writer's type is neither the reader's nor promoted to it
   * - `name`: a record, enum or fixed of another name
   * - `symbols`: an enum with symbols that the reader does not know, and no default
   * - `size`: a fixed of another size
   * - `logical-type`: the same bytes, read with another meaning
   * - `aliases`: the reader's aliases match several fields of the writer
   */
  readonly kind: 'no-default' | 'type' | 'name' | 'symbols' | 'size' | 'logical-type' | 'aliases'
  /** Type of the field as the writer declares it; empty where it has no such field. */
  readonly writer: string
  /** Type of the field as the reader declares it. */
  readonly reader: string
  /** What of it: the branch of a union that can't be read, symbols, or names of fields; may be empty. */
  readonly detail: string
}

/** Where a comparison stands. */
interface Place {
  readonly path: string
  /** Declared types of the field. */
  readonly writer: string
  readonly reader: string
  /** The branch of the writer's union that is being read, if any. */
  readonly branch: string
  /** Pairs of records that are being compared further up: a recursive schema ends there. */
  readonly above: readonly (readonly [SchemaNode, SchemaNode])[]
  readonly promote: Promotion
}

/** `all`: by Avro's rules. `numbers`: without those between string and bytes, which Avro allows in both directions. */
export type Promotion = 'all' | 'numbers'

/** What each primitive is promoted to, by Avro's resolution rules. */
const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
}

/**
 * Every reason why `reader` can't read what `writer` wrote, by Avro's resolution rules; none when it can.
 *
 * Stricter than the rules in two points. Names are compared with their namespaces, as avsc does. A reader that has a
 * logical type wants the same one at the writer: Avro ignores the difference, and a date is silently read as another;
 * a reader without one takes the bare number.
 * @param root name of the record, the first part of every path
 * @param options.promote `numbers` between releases: a text that turns into bytes breaks whoever decodes as it was written
 */
export function findIncompatibilities(
  writer: RecordNode,
  reader: RecordNode,
  root: string,
  { promote = 'all' }: { readonly promote?: Promotion } = {},
): readonly Incompatibility[] {
  return compare(writer, reader, {
    path: root,
    writer: describe(writer),
    reader: describe(reader),
    branch: '',
    above: [],
    promote,
  })
}

function compare(writer: SchemaNode, reader: SchemaNode, place: Place): readonly Incompatibility[] {
  if (writer.kind === 'union')
    return writer.branches.flatMap((branch) => compare(branch, reader, { ...place, branch: describe(branch) }))
  if (reader.kind === 'union') return compareWithUnion(writer, reader.branches, place)
  if (writer.kind === 'record' && reader.kind === 'record') return compareRecords(writer, reader, place)
  if (writer.kind === 'array' && reader.kind === 'array') return compare(writer.items, reader.items, place)
  if (writer.kind === 'map' && reader.kind === 'map') return compare(writer.values, reader.values, place)
  if (writer.kind === 'enum' && reader.kind === 'enum') {
    if (!hasName(reader, writer.name)) return found('name', place)
    const unknown = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol))
    return unknown.length === 0 || reader.hasDefault ? [] : found('symbols', place, unknown.join(', '))
  }
  if (writer.kind === 'fixed' && reader.kind === 'fixed') {
    if (!hasName(reader, writer.name)) return found('name', place)
    return writer.size === reader.size ? compareLogical(writer, reader, place) : found('size', place)
  }
  if (writer.kind !== 'primitive' || reader.kind !== 'primitive') return found('type', place)
  return writer.name === reader.name || isPromoted(writer.name, reader.name, place)
    ? compareLogical(writer, reader, place)
    : found('type', place)
}

function isPromoted(writer: string, reader: string, { promote }: Place): boolean {
  const between = promote === 'numbers' && (writer === 'string' || writer === 'bytes')
  return !between && PROMOTIONS[writer]?.includes(reader) === true
}

function compareLogical(writer: Logical, reader: Logical, place: Place): readonly Incompatibility[] {
  return reader.logical === undefined || reader.logical === writer.logical ? [] : found('logical-type', place)
}

/** One branch must do. Where none does, the one that was meant tells why. */
function compareWithUnion(
  writer: SchemaNode,
  branches: readonly SchemaNode[],
  place: Place,
): readonly Incompatibility[] {
  const tries = branches.map((branch) => ({ branch, reasons: compare(writer, branch, place) }))
  if (tries.some(({ reasons }) => reasons.length === 0)) return []
  return tries.find(({ branch }) => isMeant(writer, branch))?.reasons ?? found('type', place)
}

function isMeant(writer: SchemaNode, branch: SchemaNode): boolean {
  if ('name' in writer && 'name' in branch && writer.kind === branch.kind)
    return branch.kind === 'primitive' ? branch.name === writer.name : hasName(branch, writer.name)
  return writer.kind === branch.kind && writer.kind !== 'primitive'
}

function compareRecords(writer: RecordNode, reader: RecordNode, place: Place): readonly Incompatibility[] {
  if (!hasName(reader, writer.name)) return found('name', place)
  if (place.above.some(([w, r]) => w === writer && r === reader)) return []
  const above = [...place.above, [writer, reader] as const]
  return reader.fields.flatMap((field) => compareField(writer, field, { ...place, above }))
}

function compareField(writer: RecordNode, field: FieldNode, outer: Place): readonly Incompatibility[] {
  const matches = writer.fields.filter(({ name }) => name === field.name || field.aliases.includes(name))
  const [match] = matches
  const place = {
    above: outer.above,
    promote: outer.promote,
    path: `${outer.path}.${field.name}`,
    writer: match === undefined ? '' : describe(match.type),
    reader: describe(field.type),
    branch: '',
  }
  if (match === undefined) return field.hasDefault ? [] : found('no-default', place)
  if (matches.length > 1) return found('aliases', place, matches.map(({ name }) => name).join(', '))
  return compare(match.type, field.type, place)
}

function found(kind: Incompatibility['kind'], place: Place, detail = place.branch): readonly Incompatibility[] {
  return [{ path: place.path, kind, writer: place.writer, reader: place.reader, detail }]
}

interface Logical {
  readonly logical?: string
}

function hasName(node: { readonly name: string; readonly aliases?: readonly string[] }, name: string): boolean {
  return node.name === name || node.aliases?.includes(name) === true
}

/** A type in words: `null or long (timestamp-millis)`, `array of record io.murmuration.v1.MessageMedia`. */
export function describe(node: SchemaNode): string {
  switch (node.kind) {
    case 'union':
      return node.branches.map(describe).join(' or ')
    case 'array':
      return `array of ${describe(node.items)}`
    case 'map':
      return `map of ${describe(node.values)}`
    case 'primitive':
      return node.logical === undefined ? node.name : `${node.name} (${node.logical})`
    case 'fixed':
      return `fixed ${node.name} of ${node.size} bytes${node.logical === undefined ? '' : ` (${node.logical})`}`
    default:
      return `${node.kind} ${node.name}`
  }
}
