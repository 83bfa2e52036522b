import {
  KafkaRefusedError,
  KafkaUnavailableError,
  type OutboundRecord,
  type Publisher,
  type TopicPartition,
} from '@murmuration/kafka'

const DEADLINE_MS = 10_000

/** A publisher that keeps what it acknowledged, or answers as the test says. */
export interface FakePublisher extends Publisher {
  /** What was acknowledged, in order. */
  readonly published: readonly OutboundRecord[]
  /** Each next publish takes one answer: an error is thrown, a promise is waited for, undefined is an acknowledgement. */
  answer(...answers: (Error | Promise<void> | undefined)[]): void
  /** Publishes that were tried. */
  readonly tries: () => number
}

/**
 * Creates a publisher that writes `publish retry`, `publish dlq`, `publish quarantined-record`, … into a journal.
 *
 * @param append writes a moved record to its topic, where there is one. @returns its offset
 * @param find throws when there is no such topic or partition
 */
export function createFakePublisher(
  journal: string[] = [],
  append: (at: TopicPartition, record: Extract<OutboundRecord, { kind: 'moved' }>) => number = () => 0,
  find: (at: TopicPartition) => unknown = () => undefined,
): FakePublisher {
  const published: OutboundRecord[] = []
  const answers: (Error | Promise<void> | undefined)[] = []
  let tries = 0
  /** All or nothing, as the real one: what it would write to is looked for first. */
  function findAll(records: readonly OutboundRecord[]): void {
    try {
      for (const record of records) if (record.kind === 'moved') find(record)
    } catch (error) {
      if (error instanceof KafkaUnavailableError) throw error
      throw new KafkaRefusedError({ kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' }, { cause: error })
    }
  }
  return {
    published,
    tries: () => tries,
    answer: (...more) => {
      answers.push(...more)
    },
    admits: () => true,
    async publish(records, waitingSinceMs = performance.now()) {
      tries += 1
      if (waitingSinceMs + DEADLINE_MS <= performance.now()) throw new KafkaUnavailableError('its deadline has passed')
      const answer = answers.shift()
      if (answer instanceof Error) throw answer
      await answer
      findAll(records)
      const ends = new Map<string, number>()
      for (const record of records) {
        published.push(record)
        journal.push(`publish ${record.kind === 'event' ? record.record : record.topic.split('.').at(-1)}`)
        if (record.kind === 'moved') ends.set(`${record.topic} ${record.partition}`, append(record, record) + 1)
      }
      return { endOf: (topic, partition) => ends.get(`${topic} ${partition}`) }
    },
    close: async () => undefined,
  }
}
