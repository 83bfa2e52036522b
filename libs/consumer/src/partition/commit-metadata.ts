import type { OffsetRange } from './offset-tracker.ts'

/** First byte of commit metadata; another one is from a release that we can't read. */
const VERSION = 1
/** What Kafka keeps at most for a partition (`offset.metadata.max.bytes`), UTF-16 units. */
export const MAX_METADATA_CHARS = 4_096

/** What stands in the metadata of a committed offset. */
export interface CommitMetadata {
  readonly done: readonly OffsetRange[]
  readonly fences: readonly Fence[]
}

/**
 * From this offset of the retry topic on, only this owner's records count, until the next fence.
 *
 * An owner commits its fence before it does anything else: the broker refuses that to a member that lost the partition,
 * so the append of an earlier owner that is written late, by however much, is known for what it is.
 */
export interface Fence {
  /** Drawn at the assignment, 32 bits. */
  readonly owner: number
  readonly from: number
}

/**
 * Done ranges and fences as text: version, count of fences, each fence (owner, offset); then each range by its distance
 * from the end of the one before (from the committed offset for the first) and its length. Varints, in base64. Nothing to
 * say: the empty text.
 *
 * May be longer than Kafka takes: the caller checks against {@link MAX_METADATA_CHARS} and never cuts it, since lost
 * done ranges break order.
 */
export function encodeMetadata(offset: number, { done, fences }: CommitMetadata): string {
  if (done.length + fences.length === 0) return ''
  const bytes = [VERSION]
  pushVarint(bytes, fences.length)
  for (const { owner, from } of fences) {
    pushVarint(bytes, owner)
    pushVarint(bytes, from)
  }
  let end = offset
  for (const { from, to } of done) {
    pushVarint(bytes, from - end)
    pushVarint(bytes, to - from)
    end = to
  }
  return Buffer.from(bytes).toString('base64')
}

/**
 * Reads commit metadata; the empty text means that nothing above the offset is done.
 *
 * @returns undefined where it can't be read. The caller stops then: to go on as if nothing were done could apply a
 *          parked record after later ones of its key
 */
export function decodeMetadata(offset: number, metadata: string): CommitMetadata | undefined {
  if (metadata === '') return { done: [], fences: [] }
  const numbers = readNumbers(metadata)
  const [count = -1, ...rest] = numbers ?? []
  if (count < 0 || rest.length < count * 2 || rest.length % 2 !== 0) return undefined
  const fences: Fence[] = []
  const done: OffsetRange[] = []
  let end = offset
  for (let at = 0; at < rest.length; at += 2) {
    const [first = 0, second = 0] = rest.slice(at, at + 2)
    if (at < count * 2) fences.push({ owner: first, from: second })
    else {
      end += first + second
      if (second === 0 || !Number.isSafeInteger(end)) return undefined
      done.push({ from: end - second, to: end })
    }
  }
  return { done, fences }
}

function readNumbers(metadata: string): number[] | undefined {
  const bytes = Buffer.from(metadata, 'base64')
  if (bytes[0] !== VERSION || bytes.toString('base64') !== metadata) return undefined
  const numbers: number[] = []
  for (let at = 1; at < bytes.length; ) {
    const read = readVarint(bytes, at)
    if (read === undefined) return undefined
    numbers.push(read.value)
    at = read.next
  }
  return numbers
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
}

function readVarint(bytes: Buffer, at: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0
  for (let index = at, scale = 1; index < bytes.length && scale <= 2 ** 49; index += 1, scale *= 0x80) {
    const byte = bytes[index] as number
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return { value, next: index + 1 }
  }
  return undefined
}
