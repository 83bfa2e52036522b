import type { createKafka } from '@murmuration/kafka'

/** A record as it lies in the topic, nothing decoded. */
export interface TopicRecord {
  readonly partition: number
  readonly offset: bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>
}

type Kafka = ReturnType<typeof createKafka>

const FETCH_BYTES_PER_PARTITION = 4 * 1_048_576
const FETCH_BYTES = 24 * 1_048_576

/**
 * Reads a whole topic, from its first record to the end that it had when the reading began. Records of one partition
 * come in order of their offsets.
 *
 * @returns how many records there were
 * @throws when the topic is not there, or Kafka goes away for longer than the client's retries
 */
export async function readTopic(
  kafka: Kafka,
  options: {
    readonly topic: string
    /** Of a group that nobody else uses; it is deleted in the end. */
    readonly groupId: string
    readonly onRecord: (record: TopicRecord) => void
  },
): Promise<number> {
  const { topic, groupId } = options
  const admin = kafka.admin()
  await admin.connect()
  try {
    const ends = await readEnds(admin, topic)
    if (ends.size === 0) return 0
    const records = await readUntil(kafka, { ...options, ends })
    // An empty group expires by itself, so a refusal is no failure of the reading.
    await admin.deleteGroups([groupId]).catch(() => undefined)
    return records
  } finally {
    await admin.disconnect()
  }
}

/** Offset of the last record of each partition that holds any. */
async function readEnds(admin: ReturnType<Kafka['admin']>, topic: string): Promise<Map<number, bigint>> {
  const offsets = await admin.fetchTopicOffsets(topic)
  return new Map(
    offsets
      .filter(({ low, high }) => BigInt(high) > BigInt(low))
      .map(({ partition, high }) => [partition, BigInt(high) - 1n]),
  )
}

async function readUntil(
  kafka: Kafka,
  options: Parameters<typeof readTopic>[1] & { readonly ends: Map<number, bigint> },
): Promise<number> {
  const { topic, groupId, onRecord, ends } = options
  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 50,
    maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
    maxBytes: FETCH_BYTES,
  })
  const done = Promise.withResolvers<void>()
  let records = 0
  // On a busy machine the group's coordinator may still be loading. Begun again in its midst, it would count twice.
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart || records > 0) done.reject(error)
  })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { partition, messages } }) => {
        const end = ends.get(partition)
        if (end === undefined) return
        for (const { offset, key, value, headers = {} } of messages) {
          const at = BigInt(offset)
          if (at > end) break
          records += 1
          onRecord({ partition, offset: at, key, value, headers })
        }
        if (BigInt(messages.at(-1)?.offset ?? '-1') >= end) ends.delete(partition)
        if (ends.size === 0) done.resolve()
      },
    })
    await done.promise
  } finally {
    await consumer.disconnect()
  }
  return records
}
