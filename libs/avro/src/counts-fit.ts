import type { Type, types } from 'avsc'

const FIXED_BYTES = { null: 0, boolean: 1, float: 4, double: 8 } as const

/** Where the walk stands in the bytes. */
interface Cursor {
  readonly bytes: Buffer
  at: number
}

/**
 * Whether every array, map, text and block that these bytes announce can lie inside them.
 *
 * avsc reads past the end and complains afterwards: a corrupt count of a few bytes makes it build millions of items
 * first, which hangs the process or ends it for want of memory. Only lengths are looked at, values are not.
 */
export function countsFit(type: Type, bytes: Buffer): boolean {
  try {
    skip(type, { bytes, at: 0 })
    return true
  } catch (error) {
    // Bytes that nest without end overflow the stack, which is a RangeError too.
    if (error instanceof RangeError) return false
    throw error
  }
}

// By name, not by class: the registry's client may bring its own copy of avsc.
function skip(type: Type, cursor: Cursor): void {
  switch (type.typeName) {
    case 'record':
    case 'error':
      for (const field of (type as types.RecordType).fields) skip(field.type, cursor)
      break
    case 'array':
      skipBlocks(() => skip((type as types.ArrayType).itemsType, cursor), cursor)
      break
    case 'map':
      skipBlocks(() => skipEntry((type as types.MapType).valuesType, cursor), cursor)
      break
    case 'union:unwrapped':
    case 'union:wrapped':
      skipUnion(type as types.UnwrappedUnionType, cursor)
      break
    case 'fixed':
      move((type as types.FixedType).size, cursor)
      break
    default:
      if (type.typeName.startsWith('logical:')) skip((type as types.LogicalType).underlyingType, cursor)
      else skipPrimitive(type.typeName, cursor)
  }
}

function skipPrimitive(name: string, cursor: Cursor): void {
  if (name === 'string' || name === 'bytes') move(readLong(cursor), cursor)
  else if (name in FIXED_BYTES) move(FIXED_BYTES[name as keyof typeof FIXED_BYTES], cursor)
  // int, long, enum: one number.
  else readLong(cursor)
}

function skipUnion(union: { readonly types: readonly Type[] }, cursor: Cursor): void {
  const branch = union.types[readLong(cursor)]
  if (branch === undefined) throw new RangeError('no such branch')
  skip(branch, cursor)
}

function skipEntry(values: Type, cursor: Cursor): void {
  move(readLong(cursor), cursor)
  skip(values, cursor)
}

/** Items take at least a byte each; schemas with arrays of nothing are not ours. */
function skipBlocks(skipItem: () => void, cursor: Cursor): void {
  for (let count = readLong(cursor); count !== 0; count = readLong(cursor)) {
    // A negative count is followed by the block's length in bytes.
    if (count < 0) readLong(cursor)
    const items = Math.abs(count)
    if (items > cursor.bytes.length - cursor.at) throw new RangeError('more items than bytes')
    for (let i = 0; i < items; i += 1) skipItem()
  }
}

function move(length: number, cursor: Cursor): void {
  if (length < 0 || length > cursor.bytes.length - cursor.at) throw new RangeError('past the end')
  cursor.at += length
}

/** A zigzag varint; exact to 2^53, and beyond that only large, which is all that is asked here. */
function readLong(cursor: Cursor): number {
  let value = 0
  let factor = 1
  for (;;) {
    const byte = cursor.bytes[cursor.at]
    if (byte === undefined) throw new RangeError('past the end')
    cursor.at += 1
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    factor *= 128
  }
}
