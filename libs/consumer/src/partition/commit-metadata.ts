import type { OffsetRange } from './offset-tracker.ts'

/** First number of commit metadata; another one is of a release that we can't read. */
const VERSION = 2
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
 * from the end of the one before (from the committed offset for the first) and its length. Nothing to say: the empty text.
 *
 * All numbers but the fences' are at least 1, and most are small, so each is written in as few bits as it takes (Elias
 * gamma: as many zeros as it has binary digits behind the first, then the number), and the bits in base64: some 12,000
 * ranges when every second offset is done, 2,400 when every twentieth is not.
 *
 * May be longer than Kafka takes: the caller checks against {@link MAX_METADATA_CHARS} and never cuts it, since lost
 * done ranges break order.
 */
export function encodeMetadata(offset: number, { done, fences }: CommitMetadata): string {
  if (done.length + fences.length === 0) return ''
  const numbers = [VERSION, fences.length + 1, ...fences.flatMap(({ owner, from }) => [owner + 1, from + 1])]
  let end = offset
  for (const { from, to } of done) {
    numbers.push(from - end, to - from)
    end = to
  }
  if (numbers.some((number) => number < 1)) throw new RangeError('done ranges touch, are empty, or stand at the offset')
  return toBase64(numbers.map(toGamma).join(''))
}

/**
 * Reads commit metadata; the empty text means that nothing above the offset is done.
 *
 * @returns undefined where it can't be read. The caller stops then: to go on as if nothing were done could apply a
 *          parked record after later ones of its key
 */
export function decodeMetadata(offset: number, metadata: string): CommitMetadata | undefined {
  if (metadata === '') return { done: [], fences: [] }
  const [version, countPlusOne = 0, ...rest] = readGammas(toBits(metadata))
  const count = countPlusOne - 1
  if (version !== VERSION || count < 0 || rest.length < count * 2 || rest.length % 2 !== 0) return undefined
  const fences: Fence[] = []
  const done: OffsetRange[] = []
  let end = offset
  for (let at = 0; at < rest.length; at += 2) {
    const [first = 0, second = 0] = rest.slice(at, at + 2)
    if (at < count * 2) fences.push({ owner: first - 1, from: second - 1 })
    else {
      end += first + second
      done.push({ from: end - second, to: end })
    }
  }
  const known = { done, fences }
  // What we would not have written ourselves is not ours, or damaged.
  return Number.isSafeInteger(end) && encodeMetadata(offset, known) === metadata ? known : undefined
}

function toGamma(number: number): string {
  const digits = number.toString(2)
  return '0'.repeat(digits.length - 1) + digits
}

/** The numbers in the bits; zeros at the end are padding. */
function readGammas(bits: string): number[] {
  const numbers: number[] = []
  for (let at = 0; ; ) {
    const first = bits.indexOf('1', at)
    if (first < 0) return numbers
    const end = first + (first - at) + 1
    numbers.push(Number.parseInt(bits.slice(first, end), 2))
    at = end
  }
}

function toBase64(bits: string): string {
  const bytes = bits.match(/.{1,8}/g) ?? []
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2))).toString('base64')
}

function toBits(base64: string): string {
  return [...Buffer.from(base64, 'base64')].map((byte) => byte.toString(2).padStart(8, '0')).join('')
}
