/** What the window says of an event. */
export type Claim =
  /** Not seen, or seen with other content: publish it, then confirm or release. */
  | { readonly kind: 'new' | 'revision'; confirm(): void; release(error: unknown): void }
  /** Seen with this content: settles as the first one's publish does. */
  | { readonly kind: 'duplicate'; readonly published: Promise<void> }

interface Version {
  readonly contentHash: string
  readonly published: Promise<void>
}

/** Contents that are remembered of one event; a revision beyond them forgets the oldest one. */
const MAX_VERSIONS = 8

/**
 * Remembers the last events by id and content, so that redeliveries are not published again. Best effort by design:
 * it is per replica and empty after a restart; sinks dedupe by event id.
 *
 * @param options.maxEvents how many event ids are remembered; the oldest goes first
 */
export function createDuplicateWindow(options: { readonly maxEvents: number }) {
  const versions = new Map<string, Version[]>()

  function forget(eventId: string, version: Version): void {
    const left = versions.get(eventId)?.filter((known) => known !== version) ?? []
    if (left.length === 0) versions.delete(eventId)
    else versions.set(eventId, left)
  }

  return {
    /** Claims an event before it is published; a claim that is not confirmed must be released. */
    claim(eventId: string, contentHash: string): Claim {
      const known = versions.get(eventId) ?? []
      const same = known.find((version) => version.contentHash === contentHash)
      if (same !== undefined) return { kind: 'duplicate', published: same.published }
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      // A failed publish is told to its own caller; here it only matters to duplicates that wait.
      promise.catch(() => undefined)
      const version = { contentHash, published: promise }
      versions.set(eventId, [...known.slice(1 - MAX_VERSIONS), version])
      const oldest = versions.keys().next().value
      if (versions.size > options.maxEvents && oldest !== undefined) versions.delete(oldest)
      return {
        kind: known.length === 0 ? 'new' : 'revision',
        confirm: resolve,
        release: (error) => {
          forget(eventId, version)
          reject(error)
        },
      }
    },
    /** Event ids that are remembered. */
    size: () => versions.size,
  }
}

export type DuplicateWindow = ReturnType<typeof createDuplicateWindow>
