import { createRandom } from '../fault/seeded.ts'

/**
 * Which webhooks a load consists of. Small and pure: the process that sends and the one that verifies each derive the
 * same ids, keys and sequence numbers from it.
 */
export interface CorpusPlan {
  /** Seed of the run; the same one makes the same webhooks. */
  readonly seed: number
  /** Tells the loads of one run apart, 0 to 65,535: ids of two loads never meet. */
  readonly load: number
  readonly count: number
  /** Contacts that the messages come from. Each `keys` webhooks in a row hold every contact once, in seeded order. */
  readonly keys: number
  /** Every n-th webhook (the n-th first) has a signature of another key; 0: none. */
  readonly forgedEvery: number
}

/** Where an id found in a topic comes from. */
export interface FoundId {
  readonly load: number
  readonly index: number
}

const MARKER_LENGTH = 9
/** From the marker's start: `mmmmmmmm-llll-4000-8000-iiiiiiiiiiii`. */
const INDEX_AT = 24
const ID_LENGTH = 36

/** The id of a webhook's message: a UUID that carries run, load and index, so that no table of ids is needed. */
export function toMessageId(plan: CorpusPlan, index: number): string {
  return `${toMarker(plan.seed)}${toHex(plan.load, 4)}-4000-8000-${toHex(index, 12)}`
}

/** The contact of each webhook, 0 to `keys`-1. A webhook's sequence number within its key is `floor(index / keys)`. */
export function toKeys(plan: CorpusPlan): Uint32Array {
  const random = createRandom(plan.seed + plan.load)
  const keys = new Uint32Array(plan.count)
  const round = Uint32Array.from({ length: plan.keys }, (_, key) => key)
  for (let start = 0; start < plan.count; start += plan.keys) {
    shuffle(round, random)
    keys.set(round.subarray(0, Math.min(plan.keys, plan.count - start)), start)
  }
  return keys
}

/** Whether the webhook is signed wrongly on purpose. */
export function isForged(plan: CorpusPlan, index: number): boolean {
  return plan.forgedEvery > 0 && (index + 1) % plan.forgedEvery === 0
}

/** A search for the ids of a run in the bytes of a record; works on JSON and on Avro, where text stands as it is. */
export function createIdFinder(seed: number): (value: Buffer) => FoundId | undefined {
  const marker = Buffer.from(toMarker(seed), 'latin1')
  return (value) => {
    const at = value.indexOf(marker)
    if (at === -1 || at + ID_LENGTH > value.length) return undefined
    const load = readHex(value, at + MARKER_LENGTH, 4)
    const index = readHex(value, at + INDEX_AT, 12)
    return Number.isNaN(load) || Number.isNaN(index) ? undefined : { load, index }
  }
}

/** The first group of every id of a run, with its dash. */
function toMarker(seed: number): string {
  return `${toHex(Math.imul(seed + 1, 0x9e3779b1) >>> 0, 8)}-`
}

function toHex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

/** NaN where a byte is no lower-case hex digit. */
function readHex(bytes: Buffer, at: number, digits: number): number {
  let value = 0
  for (let place = at; place < at + digits; place += 1) {
    const byte = bytes[place] ?? 0
    if (byte >= 48 && byte <= 57) value = value * 16 + byte - 48
    else if (byte >= 97 && byte <= 102) value = value * 16 + byte - 87
    else return Number.NaN
  }
  return value
}

function shuffle(items: Uint32Array, random: () => number): void {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    const kept = items[last] ?? 0
    items[last] = items[other] ?? 0
    items[other] = kept
  }
}
