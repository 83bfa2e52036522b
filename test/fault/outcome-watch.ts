import { createDecoder, createRegistry } from '@murmuration/avro'
import { type createKafka, createTopicNames, tailTopics } from '@murmuration/kafka'
import { catalog, type PartitionOutcomes } from '@murmuration/schemas'

/** Where a record stands, its topic by the catalog's name. */
export interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** Ends of records, as `pipeline.outcomes.v1` tells them. */
export interface OutcomeWatch {
  /** What a group has reported of a record: kind, and reason if any; undefined as long as nothing. */
  endOf(group: string, place: Place): string | undefined
  close(): Promise<void>
}

/** Watches from the beginning. */
export async function watchEnds(options: {
  readonly kafka: ReturnType<typeof createKafka>
  readonly registryUrl: string
  readonly prefix: string
}): Promise<OutcomeWatch> {
  const ends = new Map<string, string>()
  const toKey = (group: string, { topic, partition, offset }: Place) => `${group} ${topic} ${partition} ${offset}`
  const tail = await tailTopics({
    kafka: options.kafka,
    decoder: createDecoder(createRegistry({ url: options.registryUrl, timeoutMs: 5_000 })),
    names: createTopicNames(options.prefix),
    topics: [catalog['partition-outcomes'].topic],
    from: 'beginning',
    onRecord: ({ event }) => {
      const { group, partition, entries } = event as PartitionOutcomes
      for (const { topic, offset, kind, reason } of entries) {
        ends.set(toKey(group, { topic, partition, offset }), reason === null ? kind : `${kind} ${reason}`)
      }
    },
  })
  return { endOf: (group, place) => ends.get(toKey(group, place)), close: tail.close }
}
