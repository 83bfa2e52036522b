import { divideAroundLargest } from './divide-batch.ts'
import type { TopicPartition } from './group-source.ts'
import type { Verdict } from './judge-answer.ts'
import { KafkaUnavailableError } from './kafka-errors.ts'
import type { ProducerEpoch, ProducerIdentity } from './producer-epoch.ts'
import type { PartitionBatch } from './producer-session.ts'
import { createReceipt, type PublishReceipt, type WrittenBatch } from './publish-receipt.ts'
import type { Call, RoutedMessage, Routes } from './route-calls.ts'
import type { SentBatch } from './sent-batch.ts'

/** What goes to one partition: a batch, or several in turn after one was divided. */
export interface OpenLane extends TopicPartition {
  /** The partition, as a key. */
  readonly key: string
  /** Not written yet. */
  batches: readonly (readonly RoutedMessage[])[]
  /** The first batch's number, once it was sent. */
  stamp: { readonly epoch: ProducerEpoch; readonly firstSequence: number } | undefined
  /** Whether the first batch may have been written though nobody said so. */
  isDoubtful: boolean
  /** Whether it goes on under another epoch only: a number may be used up of which nobody knows. */
  isHeld: boolean
  wasDivided: boolean
  /** Why it is open. */
  problem: Error | undefined
}

/** Calls on their way. */
export interface Delivery {
  readonly calls: readonly Call[]
  /** Indexes of the calls whose partitions are not known yet. */
  unrouted: readonly number[]
  lanes: readonly OpenLane[]
  /** Of calls that failed for good. */
  readonly errors: Map<number, Error>
  readonly written: WrittenBatch[]
  /** Whether what comes after it has to go under another epoch. */
  mustRenew: boolean
  /** Whether Kafka counts otherwise than we do. */
  mustForget: boolean
  /** Why nothing could be sent. */
  problem: Error | undefined
  /** For how long the cluster asks us to pause, ms. */
  pauseMs: number
}

/** Begins: nothing is known of any call. */
export function createDelivery(calls: readonly Call[]): Delivery {
  const unrouted = [...calls.keys()]
  return {
    calls,
    unrouted,
    lanes: [],
    errors: new Map(),
    written: [],
    mustRenew: false,
    mustForget: false,
    problem: undefined,
    pauseMs: 0,
  }
}

/** What is left to be written. */
export function openLanes({ lanes }: Delivery): readonly OpenLane[] {
  return lanes.filter(({ batches }) => batches.length > 0)
}

/** The topics of what is left. */
export function openTopics(delivery: Delivery): ReadonlySet<string> {
  const topics = new Set(openLanes(delivery).map(({ topic }) => topic))
  for (const call of delivery.unrouted) for (const { topic } of delivery.calls[call] ?? []) topics.add(topic)
  return topics
}

/** Takes over where the calls go. */
export function takeRoutes(delivery: Delivery, { lanes, errors }: Routes): void {
  for (const [call, error] of errors) delivery.errors.set(call, error)
  delivery.unrouted = []
  delivery.lanes = lanes.map(({ key, topic, partition, messages }) => {
    return {
      key,
      topic,
      partition,
      batches: [messages],
      stamp: undefined,
      isDoubtful: false,
      isHeld: false,
      wasDivided: false,
      problem: undefined,
    }
  })
}

/** The first batch of a lane. One that was sent under this epoch keeps its number. */
export function toBatch(lane: OpenLane, epoch: ProducerEpoch): PartitionBatch {
  if (lane.stamp?.epoch !== epoch) lane.stamp = { epoch, firstSequence: epoch.sequenceOf(lane.key) }
  const messages = (lane.batches[0] ?? []).map(({ message }) => message)
  return { topic: lane.topic, partition: lane.partition, messages, firstSequence: lane.stamp.firstSequence }
}

/** Marks a lane as sent: until an answer says otherwise it may be written. @returns whether an earlier try may have been */
export function markSent(lane: OpenLane): boolean {
  const was = lane.isDoubtful
  lane.isDoubtful = true
  return was
}

/** How many calls have something in a lane's first batch. */
export function callsOf({ batches: [first = []] }: OpenLane): number {
  return new Set(first.map(({ call }) => call)).size
}

/**
 * Goes on under another epoch where a lane is held for it; not while another lane may have been written under this one.
 */
export function releaseHeld(delivery: Delivery, identity: Pick<ProducerIdentity, 'renew' | 'forget'>): void {
  const lanes = openLanes(delivery)
  if (!lanes.some(({ isHeld }) => isHeld) || lanes.some(({ isHeld, isDoubtful }) => isDoubtful && !isHeld)) return
  for (const lane of lanes) {
    lane.isHeld = false
    lane.isDoubtful = false
  }
  changeIdentity(delivery, identity)
}

/** Sees to it that what comes after a delivery that has ended can't be taken for something that it may have written. */
export function closeDelivery(delivery: Delivery, identity: ProducerIdentity): void {
  if (isInDoubt(delivery)) changeIdentity(delivery, identity)
  else identity.renewIfUsedUp()
}

function changeIdentity(delivery: Delivery, identity: Pick<ProducerIdentity, 'renew' | 'forget'>): void {
  if (delivery.mustForget) identity.forget()
  else identity.renew()
  delivery.mustForget = false
  delivery.mustRenew = false
}

/** Whether a number may be used up of which nobody knows. */
export function isInDoubt(delivery: Delivery): boolean {
  return delivery.mustRenew || openLanes(delivery).some(isUncertain)
}

function isUncertain({ isDoubtful, isHeld }: OpenLane): boolean {
  return isDoubtful || isHeld
}

/**
 * Takes a verdict on a lane's first batch.
 *
 * @param lane in doubt, since it was sent
 * @param wasDoubtful whether an earlier try may have been written
 * @returns whether the lane may go on at once, else with the next try
 */
export function settleFirst(
  delivery: Delivery,
  lane: OpenLane,
  { verdict, wasDoubtful }: { readonly verdict: Verdict; readonly wasDoubtful: boolean },
): boolean {
  const [first = [], ...rest] = lane.batches
  const { stamp } = lane
  switch (verdict.kind) {
    case 'repeat':
      lane.problem = verdict.error
      lane.isDoubtful = wasDoubtful || verdict.maybeWritten
      return false
    case 'renumber':
      delivery.mustForget = true
      lane.problem = verdict.error
      lane.isHeld = true
      return false
    case 'written': {
      stamp?.epoch.wrote(lane.key, first.length)
      const { topic, partition } = lane
      const { baseOffset } = verdict
      if (baseOffset !== undefined) delivery.written.push({ topic, partition, end: baseOffset + first.length })
      beginNext(lane, rest)
      return true
    }
    case 'divide':
      lane.wasDivided = true
      lane.isHeld = wasDoubtful
      beginNext(lane, [...divideAroundLargest(first), ...rest])
      return !wasDoubtful
    case 'refused':
      failCalls(delivery, first, verdict.error)
      delivery.mustRenew ||= wasDoubtful
      lane.isHeld = wasDoubtful
      beginNext(lane, rest)
      return !wasDoubtful
  }
}

function beginNext(lane: OpenLane, batches: OpenLane['batches']): void {
  lane.batches = batches
  lane.stamp = undefined
  lane.isDoubtful = false
}

/** Fails what is for missing topics: before anything of a call was sent it is left out whole, after that what is left of it. */
export function failMissing(delivery: Delivery, missing: ReadonlySet<string>, error: Error): void {
  const isBad = (call: number) => delivery.calls[call]?.some(({ topic }) => missing.has(topic)) ?? false
  for (const call of delivery.unrouted) if (isBad(call)) delivery.errors.set(call, error)
  delivery.unrouted = delivery.unrouted.filter((call) => !isBad(call))
  for (const lane of openLanes(delivery)) if (missing.has(lane.topic)) failLane(delivery, lane, error)
}

/** Fails all that is left. @param error without it, each for the reason that it is open */
export function failRest(delivery: Delivery, error?: Error): void {
  for (const call of delivery.unrouted) delivery.errors.set(call, error ?? reasonOf(delivery))
  delivery.unrouted = []
  for (const lane of openLanes(delivery)) failLane(delivery, lane, error ?? lane.problem ?? reasonOf(delivery))
}

function reasonOf({ problem }: Delivery): Error {
  return problem ?? new KafkaUnavailableError('no answer')
}

/** Keeps in mind which partitions are open, and that the others are not. */
export function noteSuspects({ lanes }: Delivery, suspects: Set<string>): void {
  for (const { key, batches } of lanes) {
    if (batches.length > 0) suspects.add(key)
    else if (suspects.size > 0) suspects.delete(key)
  }
}

function failLane(delivery: Delivery, lane: OpenLane, error: Error): void {
  delivery.mustRenew ||= isUncertain(lane)
  failCalls(delivery, lane.batches.flat(), error)
  lane.batches = []
}

function failCalls({ errors }: Delivery, messages: readonly RoutedMessage[], error: Error): void {
  for (const { call } of messages) if (!errors.has(call)) errors.set(call, error)
}

/** What became of each call. */
export function toSentBatch({ calls, errors, written, lanes, pauseMs }: Delivery): SentBatch<PublishReceipt> {
  const outcome = { result: createReceipt(written) }
  const outcomes = calls.map((_, call) => {
    const error = errors.get(call)
    return error === undefined ? outcome : { error }
  })
  return { outcomes, pauseMs, isTooLarge: errors.size === 0 && lanes.some(({ wasDivided }) => wasDivided) }
}
