import type { SchemaFile } from '@murmuration/schemas'
import type { RecordNode, SchemaNode } from './schema-node.ts'
import type { SchemaProblem } from './schema-problem.ts'

/** Our rules for a current schema, beyond Avro's: everything is documented, and no set is closed. */
export function findHouseProblems({ record, path }: SchemaFile, root: RecordNode): readonly SchemaProblem[] {
  const problems: SchemaProblem[] = []
  const seen = new Set<SchemaNode>()
  const tell = (field: string, message: string) => problems.push({ rule: 'house', record, path, field, message })

  function visit(node: SchemaNode, place: string): void {
    if (seen.has(node)) return
    seen.add(node)
    if (node.kind === 'enum')
      tell(
        place,
        `${place} is an enum, and a new symbol would break every reader. Make it a string and list what it may hold under "values".`,
      )
    if (node.kind === 'record') visitRecord(node, place)
    for (const inner of innerOf(node)) visit(inner, place)
  }

  function visitRecord(node: RecordNode, place: string): void {
    if (isBlank(node.doc)) tell(place, `${place} (record ${node.name}) has no doc. Say what one of them is.`)
    for (const field of node.fields) {
      const own = `${place}.${field.name}`
      if (isBlank(field.doc)) tell(own, `${own} has no doc. Say what it means, in which unit, and who says so.`)
      visit(field.type, own)
    }
  }

  visit(root, record)
  return problems
}

function innerOf(node: SchemaNode): readonly SchemaNode[] {
  if (node.kind === 'union') return node.branches
  if (node.kind === 'array') return [node.items]
  return node.kind === 'map' ? [node.values] : []
}

function isBlank(text: string | undefined): boolean {
  return (text ?? '').trim() === ''
}
