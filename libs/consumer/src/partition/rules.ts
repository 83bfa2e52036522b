import type { Fence } from './commit-metadata.ts'

/**
 * The rules by which order survives crashes, each a pure function so that it can be taken away: the model shows for
 * each of them what breaks without it. `docs/consumer-contract.md` tells the story behind each.
 */
export interface PartitionRules {
  /**
   * A: a key is remembered until the main topic was read past its highest parked origin, since B needs that origin. One
   * that is forgotten sooner has records applied a second time that stand before later ones.
   */
  readonly remembersKey: (lastRetryOrigin: number, mainPosition: number) => boolean
  /**
   * B: a main record at or below the key's highest parked origin took effect, or stands in the retry topic itself. The
   * key's records go there in order, and only when those before are settled.
   */
  readonly isSettledByRetry: (offset: number, lastRetryOrigin: number) => boolean
  /** C: a head was appended when its key was not parked: all earlier parked records of the key are settled. */
  readonly settlesEarlier: (record: { readonly head: boolean }) => boolean
  /**
   * D: an own parked record runs only when its append was acknowledged and the retry topic was read past it, hence
   * past the copies that a repeated produce request may have left. A copy that a next owner reads first would run
   * again after later records.
   */
  readonly copiesWereRead: (copiesEnd: number, retryPosition: number) => boolean
  /**
   * E: a parked record that was not written by the owner whose fence is in force at its offset is the late append of an
   * earlier owner. Its origin was not settled when that owner ended, and is handled from the main topic.
   */
  readonly isStranger: (
    record: { readonly offset: number; readonly owner: number },
    fences: readonly Fence[],
  ) => boolean
  /** A parked record is a copy when its origin was seen already, or when it is our own and not awaited any more. */
  readonly isCopy: (origin: number, seen: { lastRetryOrigin: number; awaited: boolean }) => boolean
  /** Nothing is admitted from the main topic, and nothing runs, before the retry topic was read to its end at the assignment. */
  readonly retryWasRead: (retryPosition: number, retryEnd: number) => boolean
  /** Records that an operator put back are outside A, B, C and the rule of copies: their origin is long settled. */
  readonly isExempt: (record: { readonly redrive: string | null }) => boolean
  /** An offset is settled only when the topic that its record moves to has acknowledged it. */
  readonly settlesOnAck: () => boolean
}

export const partitionRules: PartitionRules = {
  remembersKey: (lastRetryOrigin, mainPosition) => mainPosition <= lastRetryOrigin,
  isSettledByRetry: (offset, lastRetryOrigin) => offset <= lastRetryOrigin,
  settlesEarlier: ({ head }) => head,
  copiesWereRead: (copiesEnd, retryPosition) => retryPosition >= copiesEnd,
  isStranger: ({ offset, owner }, fences) => {
    const fence = fences.findLast(({ from }) => from <= offset)
    return fence !== undefined && fence.owner !== owner
  },
  isCopy: (origin, { lastRetryOrigin, awaited }) => origin <= lastRetryOrigin || !awaited,
  retryWasRead: (retryPosition, retryEnd) => retryPosition >= retryEnd,
  isExempt: ({ redrive }) => redrive !== null,
  settlesOnAck: () => true,
}
