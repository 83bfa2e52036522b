import { assertNever } from '@murmuration/errors'
import { headerNames, type MoveReason, type OutboundRecord, toMovedHeaders } from '@murmuration/kafka'
import type { QuarantinedRecord } from '@murmuration/schemas'
import type { ConsumerDeps } from './consumer-deps.ts'
import { toParkedHeaders } from './parked-headers.ts'
import type { SetAside } from './partition/partition-event.ts'
import type { WorkItem } from './work.ts'

/** Where a record was first written. */
export interface Origin {
  /** As the catalog names it. */
  readonly topic: string
  readonly partition: number
}

type Deps<E extends object> = Pick<ConsumerDeps<E>, 'consumer' | 'names' | 'clock'>

/** A record on its way to the retry topic: key, value and headers stay, and its partition is the origin's. */
export function toParkedRecord<E extends object>(
  { item, head, reason }: { readonly item: WorkItem; readonly head: boolean; readonly reason: string },
  { origin, owner }: { readonly origin: Origin; readonly owner: number },
  { consumer, names }: Pick<Deps<E>, 'consumer' | 'names'>,
): OutboundRecord {
  const { record } = item.payload
  const moved = toMovedHeaders(record, toReason(item, reason, consumer))
  const headers = { ...moved, ...toParkedHeaders({ owner, head, dueAtMs: item.dueAtMs }) }
  const topic = names.retry(origin.topic, consumer.groupId)
  return { kind: 'moved', topic, partition: origin.partition, key: record.key, value: record.value, headers }
}

/** A record on its way to the DLQ or to quarantine. */
export function toAsideRecord<E extends object>(
  item: WorkItem,
  as: SetAside,
  origin: Origin,
  { consumer, names, clock }: Deps<E>,
): OutboundRecord {
  const { record } = item.payload
  const reason = { ...toReason(item, as.reason, consumer), firstFailedAtMs: item.firstFailedAtMs ?? clock.now() }
  const headers = Object.fromEntries(
    Object.entries(toMovedHeaders(record, reason)).filter(([name]) => !ofParking.has(name)),
  )
  switch (as.kind) {
    case 'dead-letter': {
      const topic = names.deadLetter(origin.topic, consumer.groupId)
      return { kind: 'moved', topic, partition: origin.partition, key: record.key, value: record.value, headers }
    }
    case 'quarantine': {
      const event: QuarantinedRecord = {
        eventId: `${consumer.groupId}:${origin.topic}:${origin.partition}:${item.origin}`,
        type: 'quarantine.record',
        workspaceId: null,
        source: null,
        reason: as.reason,
        quarantinedAt: clock.now(),
        rawRef: null,
        group: consumer.groupId,
        originTopic: origin.topic,
        originPartition: origin.partition,
        originOffset: item.origin,
        key: record.key,
        body: record.value ?? Buffer.alloc(0),
      }
      return { kind: 'event', record: 'quarantined-record', key: null, event, headers }
    }
    default:
      return assertNever(as)
  }
}

/** Headers that mean something in a retry topic only. */
const ofParking = new Set<string>([headerNames.owner, headerNames.head, headerNames.dueAt])

function toReason<E extends object>(item: WorkItem, errorCode: string, consumer: Deps<E>['consumer']): MoveReason {
  return {
    group: consumer.groupId,
    handler: consumer.handler,
    errorCode,
    attempt: item.failures,
    firstFailedAtMs: item.firstFailedAtMs,
  }
}
