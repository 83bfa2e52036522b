export {
  type AppliedTopology,
  type ApplyOptions,
  applyTopology,
  type InspectedTopology,
  inspectTopology,
} from './apply-topology.ts'
export { createKafka, type KafkaConnection } from './create-kafka.ts'
export {
  type Assignment,
  type CommittedOffset,
  type ExpiredRecords,
  type KafkaRecord,
  MAX_METADATA_LENGTH,
  type PartitionBounds,
  type PartitionSource,
  type RecordBatch,
  type SourceListener,
  type TopicPartition,
} from './group-source.ts'
export { type Headers, headerNames, type MoveReason, toMovedHeaders } from './headers.ts'
export {
  GroupMemberReplacedError,
  GroupPlaceTakenError,
  KafkaOverloadedError,
  KafkaRefusedError,
  KafkaUnavailableError,
  TopicMismatchError,
  TopologyRefusedError,
} from './kafka-errors.ts'
export { createKafkaGroupSource, type KafkaGroupSourceOptions } from './kafka-group-source.ts'
export { type KafkaLink, type KafkaLinkOptions, openKafkaLink } from './kafka-link.ts'
export { createKafkaPublisher } from './kafka-publisher.ts'
export { differs, type RefusedChange, type TopicChange, type TopologyPlan } from './plan-topology.ts'
export { describeRefusals, describeSetting, describeValue } from './plan-words.ts'
export type { PublishReceipt } from './publish-receipt.ts'
export type { EventRecord, MovedRecord, OutboundRecord, Publisher } from './publisher.ts'
export { openTopicReader, type ReadRange, type TopicReader } from './topic-reader.ts'
export { type TailedRecord, type TopicTail, tailTopics } from './topic-tail.ts'
export { createTopicNames, type TopicNames } from './topics.ts'
export { type TopicOverride, type TopicSpec, type TopologyOptions, toTopology } from './topology.ts'
export { untilAvailable } from './until-available.ts'
