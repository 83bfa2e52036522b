import type { Delivery, KafkaRecord, Position } from './partition-source.ts'

interface Lane {
  readonly topic: string
  readonly partition: number
  readonly queue: KafkaRecord[]
  busy: boolean
  /** First offset that was delivered; undefined until there is one. */
  first: bigint | undefined
  /** Next offset to commit; undefined until something is settled. */
  position: bigint | undefined
  committed: bigint | undefined
  highWatermark: bigint
}

/**
 * The records of one assignment, a lane per partition: serial within a lane, lanes side by side. No I/O.
 *
 * A new assignment starts new lanes; what was buffered is read again from the committed offsets.
 */
export class Lanes {
  readonly epoch: number
  readonly #abort = new AbortController()
  readonly #lanes = new Map<string, Lane>()

  constructor(epoch: number) {
    this.epoch = epoch
  }

  /** Buffers a fetched batch. @returns how many records the lane now holds */
  add(batch: { topic: string; partition: number; records: readonly KafkaRecord[]; highWatermark: bigint }): number {
    const lane = this.#lane(batch.topic, batch.partition)
    lane.queue.push(...batch.records)
    lane.first ??= batch.records[0]?.offset
    lane.highWatermark = batch.highWatermark
    return lane.queue.length
  }

  /** The first record of a lane that is not busy, and how many are left in its lane. */
  take(): { readonly delivery: Delivery; readonly left: number } | undefined {
    for (const [name, lane] of this.#lanes) {
      if (lane.busy) continue
      const record = lane.queue.shift()
      if (record === undefined) continue
      lane.busy = true
      // To the end of the map: every partition gets its turn.
      this.#lanes.delete(name)
      this.#lanes.set(name, lane)
      return { delivery: { record, epoch: this.epoch, signal: this.#abort.signal }, left: lane.queue.length }
    }
    return undefined
  }

  done(record: KafkaRecord): void {
    const lane = this.#lane(record.topic, record.partition)
    lane.busy = false
    lane.position = record.offset + 1n
  }

  uncommitted(): Position[] {
    return [...this.#lanes.values()].flatMap(({ topic, partition, position, committed }) =>
      position === undefined || position === committed ? [] : [{ topic, partition, offset: position }],
    )
  }

  committed(positions: readonly Position[]): void {
    for (const { topic, partition, offset } of positions) this.#lane(topic, partition).committed = offset
  }

  lag(): Map<string, number> {
    const lag = new Map<string, number>()
    for (const { topic, highWatermark, position, first } of this.#lanes.values()) {
      const from = position ?? first ?? highWatermark
      lag.set(topic, (lag.get(topic) ?? 0) + Number(highWatermark - from))
    }
    return lag
  }

  /** Ends the assignment: handlers under way learn it by their signal. */
  abort(): void {
    this.#abort.abort()
  }

  #lane(topic: string, partition: number): Lane {
    const name = `${topic} ${partition}`
    const known = this.#lanes.get(name)
    if (known !== undefined) return known
    const lane: Lane = {
      topic,
      partition,
      queue: [],
      busy: false,
      first: undefined,
      position: undefined,
      committed: undefined,
      highWatermark: 0n,
    }
    this.#lanes.set(name, lane)
    return lane
  }
}
