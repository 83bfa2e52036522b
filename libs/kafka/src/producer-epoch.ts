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

/** Who a publisher is to its cluster. */
export interface ProducerIdentity {
  /**
   * The epoch under which to write now.
   *
   * @param session asked for an id when there is none yet, or none of this cluster
   * @throws what `requestId` throws
   */
  current(session: { clusterId(): string | undefined; requestId(): Promise<ProducerId> }): Promise<ProducerEpoch>
  /**
   * Goes on to the next epoch: it is not known whether something was written under this one. Should that arrive later than
   * what comes now, its partition refuses it.
   */
  renew(): void
  /** Goes on to the next epoch when the numbers of this one are nearly used up: between two deliveries, when none is in doubt. */
  renewIfUsedUp(): void
}

/** Creates an identity; it outlives the connections. */
export function createProducerIdentity(): ProducerIdentity {
  let known: ProducerEpoch | undefined
  function renew(): void {
    if (known === undefined) return
    // An id has 32,768 epochs; then the cluster gives another one.
    known = known.epoch < LAST_EPOCH ? createProducerEpoch({ ...known, epoch: known.epoch + 1 }) : undefined
  }
  return {
    async current(session) {
      if (known !== undefined && known.clusterId === session.clusterId()) return known
      known = createProducerEpoch(await session.requestId())
      return known
    },
    renew,
    renewIfUsedUp() {
      if (known?.isUsedUp()) renew()
    },
  }
}
