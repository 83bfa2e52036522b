import { createSeenTable, toSeenKey } from './seen-table.ts'

/** Not seen, or seen with other content: publish it, then confirm or release. */
export interface OpenClaim {
  readonly kind: 'new' | 'revision'
  confirm(): void
  release(error: unknown): void
}

/** What the window says of an event. */
export type Claim =
  | OpenClaim
  /** Seen with this content: settles as the first one's publish does. */
  | { readonly kind: 'duplicate'; readonly published: Promise<void> }

const PUBLISHED = Promise.resolve()

/** A publish under way. */
interface Pending {
  readonly contentHash: string
  /** Made for the first duplicate that waits; most publishes have none. */
  waiting: PromiseWithResolvers<void> | undefined
}

/**
 * Remembers the last events by id and content, so that redeliveries are not published again. Best effort by design:
 * it is per replica and empty after a restart; sinks dedupe by event id.
 *
 * Events that are being published are held whole; those that Kafka has acknowledged as fingerprints.
 *
 * @param options.maxEvents how many published events are remembered (an event with two contents counts twice); the oldest
 * goes first
 */
export function createDuplicateWindow(options: { readonly maxEvents: number }) {
  const seen = createSeenTable({ capacity: options.maxEvents })
  /** Publishes under way by event id; more than one where the contents differ. */
  const pending = new Map<string, readonly Pending[]>()

  function close(eventId: string, publish: Pending): void {
    const others = pending.get(eventId)?.filter((other) => other !== publish) ?? []
    if (others.length === 0) pending.delete(eventId)
    else pending.set(eventId, others)
  }

  return {
    /** Claims an event before it is published; a claim that is not confirmed must be released. */
    claim(eventId: string, contentHash: string): Claim {
      const others = pending.get(eventId)
      const same = others?.find((other) => other.contentHash === contentHash)
      if (same !== undefined) return { kind: 'duplicate', published: waitFor(same) }
      const key = toSeenKey(eventId, contentHash)
      const known = seen.find(key)
      if (known === 'same') return { kind: 'duplicate', published: PUBLISHED }
      const publish: Pending = { contentHash, waiting: undefined }
      pending.set(eventId, others === undefined ? [publish] : [...others, publish])
      return {
        kind: known === 'none' && others === undefined ? 'new' : 'revision',
        confirm: () => {
          seen.add(key)
          close(eventId, publish)
          publish.waiting?.resolve()
        },
        release: (error) => {
          close(eventId, publish)
          publish.waiting?.reject(error)
        },
      }
    },
    /** Published events that are remembered. */
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
