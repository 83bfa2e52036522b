import { type CorpusPlan, createIdFinder, toKeys, toMessageId } from './corpus-plan.ts'
import type { LoadResult } from './load-result.ts'

/** A load and what came of it. */
export interface AnsweredLoad {
  readonly plan: CorpusPlan
  readonly result: Pick<LoadResult, 'status' | 'sentMs' | 'answeredMs'>
}

/** How a topic compares with what the server answered. */
export interface AcceptanceReport {
  /** Requests answered 2xx. */
  readonly accepted: number
  /** Of these, ids that the topic doesn't hold. */
  readonly missing: number
  /** Records whose id came earlier in the topic. */
  readonly doubled: number
  /** Accepted requests that lie behind one of their contact's which was sent only after their answer. */
  readonly outOfOrder: number
  /** Contacts whose records lie in more than one partition, so that they have no order. */
  readonly scattered: number
  /** Requests answered 401 or 413 that are in the topic all the same. */
  readonly refusedYetThere: number
  /** In the topic without a 2xx, where that is allowed: answered otherwise (503, 429), or not at all. */
  readonly unacknowledgedThere: number
  /** Records without an id of these loads. */
  readonly foreign: number
  /** The first few ids of each trouble, for people. */
  readonly examples: Readonly<Record<Trouble, readonly string[]>>
}

type Trouble = 'missing' | 'doubled' | 'outOfOrder' | 'scattered' | 'refusedYetThere'

/** Collects the records of one topic, partition by partition in order of offset. */
export interface AcceptanceVerifier {
  add(record: { readonly partition: number; readonly value: Buffer | null }): void
  /** Once, when the whole topic has been added. */
  finish(): AcceptanceReport
}

interface Load extends AnsweredLoad {
  readonly keys: Uint32Array
  readonly seen: Uint8Array
  /** By key: the latest time of sending among the records that have come. */
  readonly lastSentMs: Float64Array
  /** By key, -1 before the first record. */
  readonly partitionOf: Int16Array
}

const EXAMPLES = 5
const refusals = new Set([401, 413])

/**
 * Compares a topic with the answers: what was accepted is there, once and in order per contact; what was refused is not.
 *
 * Order means: of two requests of a contact, the second sent after the first was answered, the first lies first. That
 * is all of them in a closed loop, and those that weren't under way together in an open one. The ids are searched in
 * the bytes of the value, so it works for Avro and for bare bodies alike.
 * @param loads of one seed, each with a number of its own
 */
export function createAcceptanceVerifier(loads: readonly AnsweredLoad[]): AcceptanceVerifier {
  const byNumber = new Map<number, Load>(loads.map((load) => [load.plan.load, toLoad(load)]))
  const seeds = new Set(loads.map(({ plan }) => plan.seed))
  const [seed] = seeds
  if (seed === undefined || seeds.size !== 1 || byNumber.size !== loads.length)
    throw new TypeError('loads that are verified together have one seed, and each a number of its own')
  const findId = createIdFinder(seed)
  const counts = { doubled: 0, outOfOrder: 0, scattered: 0, refusedYetThere: 0, missing: 0 }
  const examples = { doubled: [], outOfOrder: [], scattered: [], refusedYetThere: [], missing: [] } as Record<
    Trouble,
    string[]
  >
  let foreign = 0
  let unacknowledgedThere = 0

  function note(trouble: Trouble, plan: CorpusPlan, index: number): void {
    counts[trouble] += 1
    if (examples[trouble].length < EXAMPLES) examples[trouble].push(toMessageId(plan, index))
  }

  return {
    add({ partition, value }) {
      const found = value === null ? undefined : findId(value)
      const load = found === undefined ? undefined : byNumber.get(found.load)
      if (found === undefined || load === undefined || found.index >= load.plan.count) {
        foreign += 1
        return
      }
      const { index } = found
      const { plan, result } = load
      if (load.seen[index] === 1) {
        note('doubled', plan, index)
        return
      }
      load.seen[index] = 1
      const key = load.keys[index] ?? 0
      const before = load.partitionOf[key] ?? -1
      load.partitionOf[key] = partition
      if (before !== -1 && before !== partition) note('scattered', plan, index)
      const status = result.status[index] ?? 0
      if (refusals.has(status)) note('refusedYetThere', plan, index)
      else if (!isAccepted(status)) unacknowledgedThere += 1
      const lastSentMs = load.lastSentMs[key] ?? Number.NEGATIVE_INFINITY
      if (isAccepted(status) && (result.answeredMs[index] ?? 0) <= lastSentMs) note('outOfOrder', plan, index)
      const sentMs = result.sentMs[index] ?? lastSentMs
      if (sentMs > lastSentMs) load.lastSentMs[key] = sentMs
    },
    finish() {
      let accepted = 0
      for (const { plan, result, seen } of byNumber.values()) {
        for (const [index, status] of result.status.entries()) {
          if (!isAccepted(status)) continue
          accepted += 1
          if (seen[index] === 0) note('missing', plan, index)
        }
      }
      return { accepted, ...counts, unacknowledgedThere, foreign, examples }
    },
  }
}

/**
 * What is wrong, as sentences; empty when all is well.
 */
export function findAcceptanceProblems(report: AcceptanceReport): readonly string[] {
  const wrong: readonly (readonly [Trouble, string])[] = [
    ['missing', 'accepted, but not in the topic'],
    ['doubled', 'in the topic more than once'],
    ['outOfOrder', 'out of order within its contact'],
    ['scattered', 'in another partition than the contact before'],
    ['refusedYetThere', 'refused, yet in the topic'],
  ]
  return wrong
    .filter(([trouble]) => report[trouble] > 0)
    .map(([trouble, text]) => `${report[trouble]} ${text}: ${report.examples[trouble].join(', ')}`)
}

function isAccepted(status: number): boolean {
  return status >= 200 && status < 300
}

function toLoad(load: AnsweredLoad): Load {
  const { plan } = load
  return {
    ...load,
    keys: toKeys(plan),
    seen: new Uint8Array(plan.count),
    lastSentMs: new Float64Array(plan.keys).fill(Number.NEGATIVE_INFINITY),
    partitionOf: new Int16Array(plan.keys).fill(-1),
  }
}
