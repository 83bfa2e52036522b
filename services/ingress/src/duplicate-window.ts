import { createSeenTable } from './seen-table.ts'

/** What the window says of an event. */
export type Claim =
  /** Not seen, or seen with other content: publish it, then confirm or release. */
  | { readonly kind: 'new' | 'revision'; confirm(): void; release(error: unknown): void }
  /** Seen with this content: settles as the first one's publish does. */
  | { readonly kind: 'duplicate'; readonly published: Promise<void> }

const PUBLISHED = Promise.resolve()

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
  /** Publishes under way, by content, by event id. */
  const pending = new Map<string, Map<string, Promise<void>>>()

  function open(eventId: string, contentHash: string, published: Promise<void>): () => void {
    const contents = pending.get(eventId) ?? new Map<string, Promise<void>>()
    pending.set(eventId, contents.set(contentHash, published))
    return () => {
      contents.delete(contentHash)
      if (contents.size === 0) pending.delete(eventId)
    }
  }

  return {
    /** Claims an event before it is published; a claim that is not confirmed must be released. */
    claim(eventId: string, contentHash: string): Claim {
      const contents = pending.get(eventId)
      const underWay = contents?.get(contentHash)
      if (underWay !== undefined) return { kind: 'duplicate', published: underWay }
      const known = seen.find(eventId, contentHash)
      if (known === 'same') return { kind: 'duplicate', published: PUBLISHED }
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      // A failed publish is told to its own caller; here it only matters to duplicates that wait.
      promise.catch(() => undefined)
      const close = open(eventId, contentHash, promise)
      return {
        kind: known === 'none' && contents === undefined ? 'new' : 'revision',
        confirm: () => {
          seen.add(eventId, contentHash)
          close()
          resolve()
        },
        release: (error) => {
          close()
          reject(error)
        },
      }
    },
    /** Published events that are remembered. */
    size: () => seen.size(),
  }
}

export type DuplicateWindow = ReturnType<typeof createDuplicateWindow>
