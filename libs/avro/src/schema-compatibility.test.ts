import { describe, expect, it } from 'vitest'
import { findIncompatibilities } from './schema-compatibility.ts'
import { parseSchemaText, type RecordNode } from './schema-node.ts'

/** A record `x.R` whose only field is `f`, of this type. */
function recordOf(type: unknown, rest: object = {}): RecordNode {
  return parse({ type: 'record', name: 'R', namespace: 'x', fields: [{ name: 'f', type, ...rest }] })
}

function parse(schema: object): RecordNode {
  const parsed = parseSchemaText(JSON.stringify(schema))
  if (parsed.kind !== 'schema') throw new Error(parsed.why)
  return parsed.root
}

const kindOf = (symbols: readonly string[], rest: object = {}) => ({ type: 'enum', name: 'E', symbols, ...rest })
const long = (logicalType: string) => ({ type: 'long', logicalType })
const money = (precision: number, scale?: number) => ({ type: 'bytes', logicalType: 'decimal', precision, scale })
const part = (type: unknown, name = 'P') => ({ type: 'record', name, fields: [{ name: 'g', type }] })

describe('findIncompatibilities', () => {
  it.each<readonly [writer: unknown, reader: unknown]>([
    ['int', 'long'],
    ['int', 'float'],
    ['long', 'double'],
    ['float', 'double'],
    ['string', 'bytes'],
    ['bytes', 'string'],
    ['string', ['null', 'string']],
    [['int', 'float'], 'double'],
    [
      { type: 'map', values: 'int' },
      { type: 'map', values: 'long' },
    ],
    [kindOf(['A']), kindOf(['A', 'B'])],
    [kindOf(['A', 'B']), kindOf(['A'], { default: 'A' })],
    [part('int', 'Old'), { ...part('int', 'New'), aliases: ['Old'] }],
    [part('int', 'Old'), { ...part('int', 'New'), aliases: ['x.Old'] }],
    [long('timestamp-millis'), 'long'],
    [money(9), money(9, 0)],
  ])('finds nothing where %j is read as %j', (writer, reader) => {
    expect(findIncompatibilities(recordOf(writer), recordOf(reader), 'r')).toEqual([])
  })

  it.each<readonly [writer: unknown, reader: unknown, found: object]>([
    ['long', 'int', { kind: 'type', path: 'r.f', writer: 'long', reader: 'int', detail: '' }],
    [['null', 'string'], 'string', { kind: 'type', writer: 'null or string', reader: 'string', detail: 'null' }],
    ['int', ['null', 'string'], { kind: 'type', reader: 'null or string' }],
    [
      { type: 'array', items: 'long' },
      { type: 'array', items: 'int' },
      { kind: 'type', writer: 'array of long' },
    ],
    [kindOf(['A', 'B', 'C']), kindOf(['B']), { kind: 'symbols', detail: 'A, C' }],
    [{ type: 'fixed', name: 'F', size: 2 }, { type: 'fixed', name: 'F', size: 4 }, { kind: 'size' }],
    [part('int', 'Old'), part('int', 'New'), { kind: 'name', writer: 'record x.Old', reader: 'record x.New' }],
    [['null', part('long')], ['null', part('int')], { kind: 'type', path: 'r.f.g', writer: 'long', reader: 'int' }],
    [{ type: 'array', items: part('long') }, { type: 'array', items: part('int') }, { path: 'r.f.g' }],
    [long('timestamp-micros'), long('timestamp-millis'), { kind: 'logical-type' }],
    ['long', long('timestamp-millis'), { kind: 'logical-type', reader: 'long (timestamp-millis)' }],
    [['null', 'long'], ['null', long('timestamp-millis')], { kind: 'logical-type' }],
    [money(9, 2), money(9, 4), { kind: 'logical-type', writer: 'bytes (decimal(9,2))' }],
  ])('tells why %j can not be read as %j', (writer, reader, found) => {
    expect(findIncompatibilities(recordOf(writer), recordOf(reader), 'r')).toEqual([expect.objectContaining(found)])
  })

  it('compares a recursive schema to its end', () => {
    const tree = (leaf: string) =>
      parse({
        type: 'record',
        name: 'T',
        fields: [
          { name: 'sub', type: ['null', 'T'] },
          { name: 'leaf', type: leaf },
        ],
      })
    expect(findIncompatibilities(tree('int'), tree('long'), 'tree')).toEqual([])
    expect(findIncompatibilities(tree('long'), tree('int'), 'tree')).toEqual([
      { path: 'tree.leaf', kind: 'type', writer: 'long', reader: 'int', detail: '' },
    ])
  })

  it('finds a record again that is referred to by its name, and that fails twice', () => {
    const twice = (type: string) =>
      parse({
        type: 'record',
        name: 'R',
        fields: [
          { name: 'a', type: ['null', part(type)] },
          { name: 'b', type: ['null', 'P'] },
        ],
      })
    const paths = findIncompatibilities(twice('long'), twice('int'), 'r').map(({ path }) => path)
    expect(paths).toEqual(['r.a.g', 'r.b.g'])
  })
})
