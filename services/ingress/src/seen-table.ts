import { type Fingerprint, fingerprintOf } from './fingerprint.ts'

/** What is remembered of an event. */
export interface SeenKey {
  readonly id: Fingerprint
  readonly content: Fingerprint
}

export function toSeenKey(eventId: string, contentHash: string): SeenKey {
  return { id: fingerprintOf(eventId), content: fingerprintOf(contentHash) }
}

/** The last events by id and content, as fingerprints. */
export interface SeenTable {
  /** Whether this id was seen with this content, only with others, or not at all. */
  find(key: SeenKey): 'same' | 'other' | 'none'
  /**
   * Remembers an id with a content; the oldest entry goes when the table is full. Not looked for: it must not be there, as
   * `find` says.
   *
   * @param body what it came in; kept where contents count
   */
  add(key: SeenKey, body?: Fingerprint): void
  /** Whether it is remembered with this content, and came in this body. */
  cameIn(key: SeenKey, body: Fingerprint): boolean
  size(): number
}

const EMPTY = 0
/** What a search says instead of a place in the ring. */
const [OTHER, NONE] = [-1, -2]
const NO_BODY: Fingerprint = { high: 0, low: 0 }

/**
 * Creates a table of the last `capacity` entries: a ring of fingerprints, and an index over it by open addressing.
 *
 * 32 bytes an entry (up to 40), allocated once: a million entries are 32 MB that no garbage collection looks at, where
 * strings in a Map were 460 MB (ADR 0005). Two events are taken for the same one when 128 bits agree, half
 * of them made of a SHA-256: with a million remembered that happens once in 10^32 events.
 *
 * @param options.byIdAlone without contents and bodies: every content of an id is the same, and an entry takes 16 bytes less
 */
export function createSeenTable(options: { readonly capacity: number; readonly byIdAlone?: boolean }): SeenTable {
  const { capacity, byIdAlone = false } = options
  // At most half full, so that a search ends soon.
  const slots = 2 ** Math.ceil(Math.log2(Math.max(2, capacity * 2)))
  const mask = slots - 1
  /** Of each entry id high, id low, and where contents count content high, content low, body high, body low. */
  const width = byIdAlone ? 2 : 6
  const ring = new Uint32Array(capacity * width)
  /** Place in the ring plus one; 0 is empty. */
  const index = new Uint32Array(slots)
  let next = 0
  let size = 0

  const homeOf = (place: number) => (ring[place * width + 1] ?? 0) & mask

  function holds(place: number, at: 0 | 2 | 4, print: Fingerprint): boolean {
    return ring[place * width + at] === print.high && ring[place * width + at + 1] === print.low
  }

  /** Takes an entry out of the index, and closes the gap: whoever was pushed past it moves back. */
  function remove(place: number): void {
    let gap = homeOf(place)
    while (index[gap] !== place + 1) gap = (gap + 1) & mask
    for (let at = (gap + 1) & mask; index[at] !== EMPTY; at = (at + 1) & mask) {
      const home = homeOf((index[at] ?? 0) - 1)
      const distance = (at - home) & mask
      if (distance < ((at - gap) & mask)) continue
      index[gap] = index[at] ?? EMPTY
      gap = at
    }
    index[gap] = EMPTY
  }

  /** The entry's place in the ring, or OTHER, or NONE. */
  function search({ id, content }: SeenKey): number {
    let found = NONE
    for (let at = id.low & mask; index[at] !== EMPTY; at = (at + 1) & mask) {
      const place = (index[at] ?? 0) - 1
      if (!holds(place, 0, id)) continue
      if (byIdAlone || holds(place, 2, content)) return place
      found = OTHER
    }
    return found
  }

  return {
    find(key) {
      const found = search(key)
      if (found >= 0) return 'same'
      return found === OTHER ? 'other' : 'none'
    },
    cameIn(key, body) {
      const found = search(key)
      return found >= 0 && !byIdAlone && holds(found, 4, body)
    },
    add({ id, content }, body = NO_BODY) {
      if (capacity === 0) return
      if (size === capacity) remove(next)
      else size += 1
      ring[next * width] = id.high
      ring[next * width + 1] = id.low
      if (!byIdAlone) {
        ring[next * width + 2] = content.high
        ring[next * width + 3] = content.low
        ring[next * width + 4] = body.high
        ring[next * width + 5] = body.low
      }
      let at = id.low & mask
      while (index[at] !== EMPTY) at = (at + 1) & mask
      index[at] = next + 1
      next = (next + 1) % capacity
    },
    size: () => size,
  }
}
