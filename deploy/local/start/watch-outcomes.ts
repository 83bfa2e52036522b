import { createDecoder, createRegistry, type RegistryAccess } from '@murmuration/avro'
import { createKafka, createTopicNames, tailTopics } from '@murmuration/kafka'
import { silentLogger } from '@murmuration/observability'
import { catalog, type PartitionOutcomes } from '@murmuration/schemas'

/** Calls back with every outcome that is reported. Close it before Kafka stops. */
export function watchOutcomes(options: {
  readonly brokers: string
  readonly registry: RegistryAccess
  readonly topicPrefix: string
  readonly from: 'beginning' | 'now'
  readonly onOutcomes: (event: PartitionOutcomes) => void
}) {
  return tailTopics({
    kafka: createKafka({ brokers: options.brokers.split(','), clientId: 'npm-start', logger: silentLogger }),
    decoder: createDecoder(createRegistry(options.registry)),
    names: createTopicNames(options.topicPrefix),
    topics: [catalog['partition-outcomes'].topic],
    from: options.from,
    onRecord: ({ event }) => options.onOutcomes(event as PartitionOutcomes),
  })
}
