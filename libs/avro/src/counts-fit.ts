import type { Type, types } from 'avsc'

/** Says whether every length and count that these bytes announce, from `start` on, can lie inside them. */
export type CountsCheck = (bytes: Buffer, start: number) => boolean

const FIXED_BYTES: Readonly<Record<string, number>> = { null: 0, boolean: 1, float: 4, double: 8 }

/**
 * Creates the check for what one schema writes.
 *
 * avsc reads past the end and complains afterwards: a corrupt count of a few bytes makes it build millions of items
 * first, which hangs the process or ends it for want of memory. Only lengths are looked at, values are not.
 *
 * The check is compiled to JavaScript, as avsc compiles its readers: a walk over the type costs a third of the decoding
 * itself, this a twentieth. Only numbers get into the code, nothing that the schema calls something.
 */
export function createCountsCheck(type: Type): CountsCheck {
  const functions = new Map<Type, { readonly name: string; text: string }>()
  const main = toCode(type, { functions, depth: 0 })
  const code = [...functions.values()].map(({ text }) => text).join('\n')
  const compiled = new Function(`'use strict'
${code}
return (bytes, p, end) => { let n, b, f
${main}
return p }`)() as (bytes: Buffer, start: number, end: number) => number
  return (bytes, start) => {
    try {
      return compiled(bytes, start, bytes.length) >= 0
    } catch (error) {
      // Bytes that nest without end overflow the stack.
      if (error instanceof RangeError) return false
      throw error
    }
  }
}

interface Context {
  /** Records become functions, so that one may hold itself. */
  readonly functions: Map<Type, { readonly name: string; text: string }>
  /** Of loops inside each other: each has its own counter. */
  readonly depth: number
}

/**
 * Code that moves `p` over one value in `bytes`, or returns -1 when it can't lie before `end`. It may use `n`, `b`, `f`.
 *
 * By the type's name, not by its class: it may come from another copy of avsc.
 */
function toCode(type: Type, context: Context): string {
  const name = type.typeName
  if (name.startsWith('logical:')) return toCode((type as types.LogicalType).underlyingType, context)
  switch (name) {
    case 'record':
    case 'error':
      return `p = ${toFunction(type as types.RecordType, context)}(bytes, p, end); if (p < 0) return -1`
    case 'array':
      return toLoop(toCode((type as types.ArrayType).itemsType, deeper(context)), context)
    case 'map':
      return toLoop(`${TEXT}\n${toCode((type as types.MapType).valuesType, deeper(context))}`, context)
    case 'union:unwrapped':
    case 'union:wrapped': {
      const branches = (type as types.UnwrappedUnionType).types.map((branch) => toCode(branch, context))
      const cases = branches.map((code, index) => `case ${index}: { ${code}\nbreak }`)
      return `${LONG}\nswitch (n) { ${cases.join('\n')}\ndefault: return -1 }`
    }
    case 'string':
    case 'bytes':
      return TEXT
    case 'fixed':
      return toMove((type as types.FixedType).size)
    default: {
      const size = FIXED_BYTES[name]
      // int, long and enum are one number each.
      return size === undefined ? 'do { if (p >= end) return -1 } while (bytes[p++] >= 128)' : toMove(size)
    }
  }
}

/** Reads a zigzag varint into `n`; exact to 2^53, and beyond that only large, which is all that is asked here. */
const LONG = `if (p >= end) return -1
b = bytes[p++]
if (b < 128) n = (b >>> 1) ^ -(b & 1)
else {
  n = b & 127; f = 128
  do { if (p >= end) return -1; b = bytes[p++]; n += (b & 127) * f; f *= 128 } while (b >= 128)
  n = n % 2 === 0 ? n / 2 : -(n + 1) / 2
}`
const TEXT = `${LONG}
if (n < 0 || n > end - p) return -1
p += n`

function toMove(size: number): string {
  return `if (${Number(size)} > end - p) return -1\np += ${Number(size)}`
}

function toFunction(record: types.RecordType, { functions }: Context): string {
  const known = functions.get(record)
  if (known !== undefined) return known.name
  const made = { name: `record${functions.size}`, text: '' }
  functions.set(record, made)
  const fields = record.fields.map((field) => toCode(field.type, { functions, depth: 0 }))
  made.text = `function ${made.name} (bytes, p, end) { let n, b, f\n${fields.join('\n')}\nreturn p }`
  return made.name
}

/** Blocks of items until an empty one. Items take at least a byte each; schemas with arrays of nothing are not ours. */
function toLoop(item: string, { depth }: Context): string {
  const count = `count${depth}`
  return `for (;;) {
${LONG}
let ${count} = n
if (${count} === 0) break
// A negative count is followed by the block's length in bytes.
if (${count} < 0) { ${count} = -${count}
${LONG} }
if (${count} > end - p) return -1
while (${count}-- > 0) { ${item} }
}`
}

function deeper(context: Context): Context {
  return { ...context, depth: context.depth + 1 }
}
