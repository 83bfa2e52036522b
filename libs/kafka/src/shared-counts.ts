import type { CountedTopic } from './assign-partitions.ts'

/** How many partitions of each topic a leader shared out. */
export type SharedCounts = ReadonlyMap<string, number>

/** What a leader tells each member beside its share. */
export function encodeShared(topics: readonly CountedTopic[]): Buffer {
  const shared = Object.fromEntries(topics.map(({ topic, partitions }) => [topic, partitions]))
  return Buffer.from(JSON.stringify({ shared }))
}

/** Reads it. @returns undefined when the leader did not say, as leaders of older releases don't */
export function decodeShared(userData: Buffer | null | undefined): SharedCounts | undefined {
  if (userData === null || userData === undefined || userData.length === 0) return undefined
  try {
    const { shared } = JSON.parse(userData.toString()) as { readonly shared?: Readonly<Record<string, number>> }
    return shared === undefined ? undefined : new Map(Object.entries(shared))
  } catch {
    return undefined
  }
}

/** Topics of which a member knows more partitions than were shared out, so that nobody reads them. Pure. */
export function findUnshared(own: readonly CountedTopic[], shared: SharedCounts | undefined): readonly string[] {
  return own.filter(({ topic, partitions }) => partitions > (shared?.get(topic) ?? 0)).map(({ topic }) => topic)
}

/** What is known of topics once a share was handed out: a member whose broker is late knows less than its leader. Pure. */
export function toKnown(own: readonly CountedTopic[], shared: SharedCounts | undefined): readonly CountedTopic[] {
  return own.map(({ topic, partitions }) => ({ topic, partitions: Math.max(partitions, shared?.get(topic) ?? 0) }))
}

/**
 * What a member still has to ask its group for.
 *
 * A group gives a member that was killed and starts again its old share, without asking anybody: a topic that has grown
 * meanwhile, or that only the new release reads, would be nobody's. So the member asks once more, with a `nonce` in what it
 * tells, since the group would find it unchanged otherwise. Once for what it knows: a leader that knows less, because it is
 * of an older release, would not do otherwise the second time.
 */
export interface ShareRequest {
  /** Undefined before the first `admits`. */
  nonce(): string | undefined
  /** Whether to ask the group once more for the partitions that this member knows of; then it counts as asked. */
  admits(own: readonly CountedTopic[]): boolean
}

/** Creates what has asked for nothing. @param createNonce another one each time, also in the next process */
export function createShareRequest(createNonce: () => string): ShareRequest {
  let asked: string | undefined
  let nonce: string | undefined
  return {
    nonce: () => nonce,
    admits(own) {
      const wanted = JSON.stringify(own.map(({ topic, partitions }) => [topic, partitions]))
      if (wanted === asked) return false
      asked = wanted
      nonce = createNonce()
      return true
    },
  }
}
