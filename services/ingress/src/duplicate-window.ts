import { fingerprintOf } from './fingerprint.ts'
import { createSeenTable, type SeenKey, type SeenTable, toSeenKey } from './seen-table.ts'

/** Not seen, or seen with other content: publish it, then confirm or release. */
export interface OpenClaim {
  readonly kind: 'new' | 'revision'
  /** @param bodyId of an event, what the bytes are that it came in: their raw record is remembered with it */
  confirm(bodyId?: string): void
  release(error: unknown): void
}

/** What the window says of an event, or of a body. */
export type Claim =
  | OpenClaim
  /** Seen with this content: settles as the first one's publish does. */
  | {
      readonly kind: 'duplicate'
      readonly published: Promise<void>
      /** Of an event, once it has been published: whether it came in these bytes first. */
      cameIn(bodyId: string): boolean
    }

/** Webhooks of which a topic takes no event are few. */
const MAX_QUARANTINED = 10_000

const PUBLISHED = Promise.resolve()
const NONE: readonly Pending[] = []

/** A publish under way. */
interface Pending {
  readonly id: string
  readonly contentHash: string
  /** Made for the first duplicate that waits; most publishes have none. */
  waiting: PromiseWithResolvers<void> | undefined
}

/**
 * Remembers the last events by id and content, each with the bytes that it came in, and the last webhooks that brought known
 * events in other bytes, or none, by theirs, so that redeliveries are not published again. Best effort by design: it is per
 * replica and empty after a restart; sinks dedupe by event id.
 *
 * @param options.maxEvents how many published events are remembered (an event with two contents counts twice), and how
 * many bodies; the oldest goes first
 */
export function createDuplicateWindow(options: { readonly maxEvents: number }) {
  const capacity = options.maxEvents
  const events = createClaims(createSeenTable({ capacity }))
  const bodies = createClaims(createSeenTable({ capacity, byIdAlone: true }))
  const quarantined = createSeenTable({ capacity: Math.min(capacity, MAX_QUARANTINED), byIdAlone: true })
  const isQuarantined = (id: string) => quarantined.size() > 0 && quarantined.find(toSeenKey(id, '')) === 'same'
  return {
    /** Claims an event before it is published; a claim that is not confirmed must be released. */
    claim: events.claim,
    /** Claims the raw record of a webhook in the same way, by what its bytes are. */
    claimBody: (id: string) => bodies.claim(id, ''),
    /** Remembers the bytes of a webhook that was kept in quarantine as a whole: unreadable, or refused by Kafka. */
    addQuarantined: (id: string) => {
      if (!isQuarantined(id)) quarantined.add(toSeenKey(id, ''))
    },
    /** Whether the same bytes were. Free while there are none. */
    isQuarantined,
    /** Published events that are remembered. */
    size: () => events.size(),
  }
}

/** Claims of what is held whole while it is being published, and as fingerprints once Kafka has acknowledged. */
function createClaims(seen: SeenTable) {
  /**
   * Publishes under way, by 32 bits of their ids' fingerprints. Not by id: a text that a Map has not seen before is copied by
   * V8 into its old generation, which then has to be collected.
   */
  const pending = new Map<number, readonly Pending[]>()

  function close(slot: number, publish: Pending): void {
    const others = pending.get(slot)?.filter((other) => other !== publish) ?? []
    if (others.length === 0) pending.delete(slot)
    else pending.set(slot, others)
  }

  function toDuplicate(key: SeenKey, published: Promise<void>): Claim {
    return { kind: 'duplicate', published, cameIn: (bodyId) => seen.cameIn(key, fingerprintOf(bodyId)) }
  }

  return {
    claim(id: string, contentHash: string): Claim {
      const key = toSeenKey(id, contentHash)
      const slot = key.id.low | 0
      const neighbours = pending.get(slot) ?? NONE
      const others = neighbours.length === 0 ? NONE : neighbours.filter((other) => other.id === id)
      const same = others.find((other) => other.contentHash === contentHash)
      if (same !== undefined) return toDuplicate(key, waitFor(same))
      const known = seen.find(key)
      if (known === 'same') return toDuplicate(key, PUBLISHED)
      const publish: Pending = { id, contentHash, waiting: undefined }
      pending.set(slot, [...neighbours, publish])
      return {
        kind: known === 'none' && others.length === 0 ? 'new' : 'revision',
        confirm: (bodyId) => {
          // Nobody else has entered it: until now others who claimed the same were its duplicates.
          seen.add(key, bodyId === undefined ? undefined : fingerprintOf(bodyId))
          close(slot, publish)
          publish.waiting?.resolve()
        },
        release: (error) => {
          close(slot, publish)
          publish.waiting?.reject(error)
        },
      }
    },
    size: () => seen.size(),
  }
}

function waitFor(publish: Pending): Promise<void> {
  if (publish.waiting === undefined) {
    publish.waiting = Promise.withResolvers<void>()
    // It may fail before the duplicate has come to wait for it; that is told to the publish's own caller.
    publish.waiting.promise.catch(() => undefined)
  }
  return publish.waiting.promise
}

export type DuplicateWindow = ReturnType<typeof createDuplicateWindow>
