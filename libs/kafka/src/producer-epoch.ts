/** Kafka counts in 32 bits; we stop well before the end, so that a batch never goes over it. */
const LAST_SEQUENCE = 2 ** 31 - 1_000_000
const LAST_EPOCH = 2 ** 15 - 1

/** What a cluster has given a producer to be known by. */
export interface ProducerId {
  /** Of the cluster that gave it: another one may have given the same id to somebody else. */
  readonly clusterId: string | undefined
  /** 64 bits, decimal. */
  readonly producerId: string
  /** 16 bits. A partition that has seen a later one takes nothing of this one any more. */
  readonly epoch: number
}

/**
 * A producer id at one of its epochs, and how many records it has written to each partition.
 *
 * Kafka writes a batch once that comes again under the same id, epoch and sequence number. So a number must not be given to
 * other records unless the batch that had it is known not to have been written: Kafka would take them for that batch, and
 * write them nowhere.
 */
export interface ProducerEpoch extends ProducerId {
  /** Sequence number of the next record for a partition, by its key. */
  sequenceOf(key: string): number
  /** Counts on: these many records were written to a partition. */
  wrote(key: string, records: number): void
  /** Whether a partition's numbers are nearly used up. */
  isUsedUp(): boolean
}

/** Begins an epoch: nothing has been written under it. */
export function createProducerEpoch(id: ProducerId): ProducerEpoch {
  const sequences = new Map<string, number>()
  let highest = 0
  return {
    clusterId: id.clusterId,
    producerId: id.producerId,
    epoch: id.epoch,
    sequenceOf: (key) => sequences.get(key) ?? 0,
    wrote(key, records) {
      const next = (sequences.get(key) ?? 0) + records
      sequences.set(key, next)
      highest = Math.max(highest, next)
    },
    isUsedUp: () => highest >= LAST_SEQUENCE,
  }
}

/** What an identity asks of a session. */
export interface IdSource {
  clusterId(): string | undefined
  requestId(): Promise<ProducerId>
}

/** Who a publisher is to its cluster. */
export interface ProducerIdentity {
  /**
   * The epoch under which to write now.
   *
   * Over new connections it is that of a new id: a cluster that was wiped meanwhile gives old ids to others, and takes what
   * has the same numbers for the same. It stays where something may have been written under it, and for as long
   * after that as no cluster is wiped in.
   *
   * @param session asked for an id when there is none yet, none of this cluster, or none over these connections
   * @param options.isInDoubt whether a batch of the delivery that is under way may have been written
   * @throws what `requestId` throws
   */
  current(session: IdSource, options: { readonly isInDoubt: boolean }): Promise<ProducerEpoch>
  /**
   * Goes on to the next epoch: it is not known whether something was written under this one. Should that arrive later than
   * what comes now, its partition refuses it.
   */
  renew(): void
  /** Goes on to the next epoch when the numbers of this one are nearly used up: between two deliveries, when none is in doubt. */
  renewIfUsedUp(): void
  /** Asks for another id next time: Kafka counts otherwise than we do, so somebody else may have this one. */
  forget(): void
}

/** No cluster is wiped and back in less, ms. */
const FENCED_FOR_MS = 2_000

/** Creates an identity. @param deps.nowMs monotonic */
export function createProducerIdentity(deps: { readonly nowMs: () => number }): ProducerIdentity {
  let known: ProducerEpoch | undefined
  /** Over whose connections it was given, or used in time after it was renewed. */
  let owner: IdSource | undefined
  let renewedAtMs = Number.NEGATIVE_INFINITY

  function renew(): void {
    if (known === undefined) return
    renewedAtMs = deps.nowMs()
    // An id has 32,768 epochs; then the cluster gives another one.
    known = known.epoch < LAST_EPOCH ? createProducerEpoch({ ...known, epoch: known.epoch + 1 }) : undefined
  }

  return {
    async current(session, { isInDoubt }) {
      const mayStay = owner === session || isInDoubt || deps.nowMs() - renewedAtMs < FENCED_FOR_MS
      if (known === undefined || !mayStay || known.clusterId !== session.clusterId()) {
        known = createProducerEpoch(await session.requestId())
      }
      owner = session
      return known
    },
    renew,
    renewIfUsedUp() {
      if (known?.isUsedUp()) renew()
    },
    forget() {
      known = undefined
    },
  }
}
