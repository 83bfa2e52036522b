import type { PartitionerArgs } from 'kafkajs'
import {
  callsOf,
  closeDelivery,
  createDelivery,
  type Delivery,
  failMissing,
  failRest,
  isInDoubt,
  markSent,
  noteSuspects,
  type OpenLane,
  openLanes,
  openTopics,
  releaseHeld,
  settleFirst,
  takeRoutes,
  toBatch,
  toSentBatch,
} from './delivery.ts'
import { judgeAnswer } from './judge-answer.ts'
import { classifyKafkaError, KafkaRefusedError, KafkaUnavailableError, kafkaErrorOf, toOutage } from './kafka-errors.ts'
import { unanswered } from './produce-request.ts'
import type { ProducerEpoch, ProducerIdentity } from './producer-epoch.ts'
import type { ProducerSession } from './producer-session.ts'
import type { PublishReceipt } from './publish-receipt.ts'
import { type Call, routeCalls } from './route-calls.ts'
import type { SentBatch } from './sent-batch.ts'

/** Before each repetition, ms: a leader change takes some hundred milliseconds. */
const REPEAT_AFTER_MS: readonly number[] = [50, 100, 200, 300, 300]
/** Tries for partitions that the request before this one had to give up: the others should not wait for them again. */
const SUSPECT_TRIES = 2

/** What delivery needs. */
export interface DeliverDeps {
  readonly sessions: {
    /** The one that is open; opens one. */
    current(): ProducerSession
    /** Destroys it: the next one begins anew. */
    drop(session: ProducerSession): void
  }
  readonly identity: ProducerIdentity
  /** The partition of a message. @throws {PartitionUnknownError} */
  readonly choose: (args: PartitionerArgs) => number
  /** Which of the topics do not exist. @throws {KafkaUnavailableError} */
  readonly findMissing: (topics: ReadonlySet<string>) => Promise<ReadonlySet<string>>
  /** Partitions, by key, that the last request had to give up; kept from one request to the next. */
  readonly suspects: Set<string>
  readonly onRepeat: () => void
  /** @throws when the signal is aborted meanwhile */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

/**
 * Sends calls in one request per broker, repeats what failed, and says what became of each call.
 *
 * What was written is not sent again: each partition has an outcome of its own, and a batch whose fate is unknown comes again
 * under its sequence number, so that Kafka writes it once. A call whose topic or partition is missing is left out. Of calls
 * of which one is to blame for a refusal, that one fails alone.
 *
 * @param signal takes leave of it: its connections are broken, nothing of it is sent any more, and what was sent and
 *   not acknowledged can't come after what is sent from then on
 * @throws only when it was taken leave of
 */
export async function deliverCalls(
  calls: readonly Call[],
  deps: DeliverDeps,
  signal: AbortSignal,
): Promise<SentBatch<PublishReceipt>> {
  const delivery = createDelivery(calls)
  const { identity, suspects } = deps
  const takeLeave = () => {
    identity.renew()
    noteSuspects(delivery, suspects)
  }
  signal.addEventListener('abort', takeLeave, { once: true })
  try {
    await tryDelivery(delivery, deps, signal)
    for (let tries = 1; isWorthARepeat(delivery, tries, suspects); tries += 1) {
      await deps.wait(REPEAT_AFTER_MS[tries - 1] ?? 0, signal)
      deps.onRepeat()
      await tryDelivery(delivery, deps, signal)
    }
    noteSuspects(delivery, suspects)
  } finally {
    signal.removeEventListener('abort', takeLeave)
    // After leave was taken, somebody else may be under way.
    if (!signal.aborted) closeDelivery(delivery, identity)
  }
  failRest(delivery)
  return toSentBatch(delivery)
}

function isWorthARepeat(delivery: Delivery, tries: number, suspects: ReadonlySet<string>): boolean {
  const open = openLanes(delivery)
  if (tries > REPEAT_AFTER_MS.length || (open.length === 0 && delivery.unrouted.length === 0)) return false
  return tries < SUSPECT_TRIES || delivery.unrouted.length > 0 || open.some(({ key }) => !suspects.has(key))
}

/** One try for all that is open. What goes wrong is the delivery's problem. @throws when nobody waits any more */
async function tryDelivery(delivery: Delivery, deps: DeliverDeps, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const session = deps.sessions.current()
  const leave = () => deps.sessions.drop(session)
  signal.addEventListener('abort', leave, { once: true })
  try {
    await findPlaces(delivery, session, deps)
    signal.throwIfAborted()
    if (openLanes(delivery).length === 0) return
    releaseHeld(delivery, deps.identity)
    const epoch = await deps.identity.current(session, { isInDoubt: isInDoubt(delivery) })
    await produceAll(delivery, { session, epoch, leave, signal })
  } catch (error) {
    signal.throwIfAborted()
    const problem = classifyKafkaError(error)
    delivery.problem = toOutage(problem)
    // What Kafka refuses for good, it refuses the next time too. Which topics are missing has been asked.
    const isLasting = problem instanceof KafkaRefusedError && problem.kafkaError !== 'UNKNOWN_TOPIC_OR_PARTITION'
    if (isLasting) failRest(delivery, problem)
    // Of a broker that has no producer ids in stock: it has asked for some.
    if (kafkaErrorOf(error) !== 'GROUP_LOAD_IN_PROGRESS') leave()
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

/** Learns where everything goes, and leaves out what has no place. @throws the client's own errors */
async function findPlaces(delivery: Delivery, session: ProducerSession, deps: DeliverDeps): Promise<void> {
  try {
    // What was not written where it went may have another leader by now.
    if (delivery.lanes.length > 0) await session.refresh()
    await session.prepare([...openTopics(delivery)])
  } catch (error) {
    if (kafkaErrorOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
    const missing = await deps.findMissing(openTopics(delivery))
    // None: it was created meanwhile, or one broker has not heard of it yet.
    if (missing.size === 0)
      throw new KafkaUnavailableError('a broker does not know a topic that exists', { cause: error })
    failMissing(delivery, missing, classifyKafkaError(error))
    await session.prepare([...openTopics(delivery)])
  }
  if (delivery.unrouted.length === 0) return
  const cluster = { partitions: session.partitions, choose: deps.choose }
  let routes = routeCalls(delivery.calls, delivery.unrouted, cluster)
  if (routes.errors.size > 0 && !session.isFresh()) {
    // Its topic may have grown.
    await session.refresh()
    routes = routeCalls(delivery.calls, delivery.unrouted, cluster)
  }
  takeRoutes(delivery, routes)
}

interface Producing {
  readonly session: ProducerSession
  readonly epoch: ProducerEpoch
  readonly leave: () => void
  readonly signal: AbortSignal
}

/** Sends the first batch of each lane, and then what follows it, until each lane is empty or has to wait for the next try. */
async function produceAll(delivery: Delivery, { session, epoch, leave, signal }: Producing): Promise<void> {
  let lanes = openLanes(delivery).filter(({ isHeld }) => !isHeld)
  let isSound = true
  while (isSound && lanes.length > 0) {
    signal.throwIfAborted()
    const batches = lanes.map((lane) => toBatch(lane, epoch))
    const doubts = lanes.map(markSent)
    const { answers, pauseMs } = await session.produce(batches, epoch)
    signal.throwIfAborted()
    delivery.pauseMs = Math.max(delivery.pauseMs, pauseMs)
    const ready: OpenLane[] = []
    for (const [at, lane] of lanes.entries()) {
      const answer = answers[at] ?? unanswered(lane)
      // A connection failed, not Kafka.
      if ('error' in answer && kafkaErrorOf(answer.error) === undefined) isSound = false
      const verdict = judgeAnswer(answer, () => callsOf(lane))
      const goesOn = settleFirst(delivery, lane, { verdict, wasDoubtful: doubts[at] ?? true })
      if (goesOn && lane.batches.length > 0) ready.push(lane)
    }
    lanes = ready
  }
  if (!isSound) leave()
}
