interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Upper bounds of a histogram, in the metric's unit. */
  readonly buckets?: readonly number[]
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const

/** THE table of metrics. Every label is bounded: no id, no key, no text from outside. */
export const metricTable = {
  murmuration_ingress_webhooks_total: {
    type: 'counter',
    help: 'Requests, by source and result: accepted, duplicate, unreadable; rejected, rate-limited; unavailable, overloaded; too-large, not-found; malformed, too-slow, aborted; and unanswered, beside one of these, when no answer could be written.',
    labels: ['source', 'result'],
  },
  murmuration_ingress_signature_rejections_total: {
    type: 'counter',
    help: 'Webhooks refused by their signature, by source and reason.',
    labels: ['source', 'reason'],
  },
  murmuration_ingress_signature_findings_total: {
    type: 'counter',
    help: 'Refused webhooks by source and what the doctor says of them (its words are in the README of the ingress); not-examined: too many at once.',
    labels: ['source', 'finding'],
  },
  murmuration_ingress_signature_key_uses_total: {
    type: 'counter',
    help: 'Webhooks verified, by source and id of the signing key, so that an old key can be retired without guessing.',
    labels: ['source', 'key_id'],
  },
  murmuration_ingress_signature_key_last_use_timestamp_seconds: {
    type: 'gauge',
    help: 'When a signing key was last used, Unix seconds; 0: not since the start.',
    labels: ['source', 'key_id'],
  },
  murmuration_ingress_sources_reloads_total: {
    type: 'counter',
    help: 'Changes of the sources file or its keys, by result: loaded, refused.',
    labels: ['result'],
  },
  murmuration_ingress_sources_stale: {
    type: 'gauge',
    help: '1 while the files hold an invalid change and the sources before it are in force.',
    labels: [],
  },
  murmuration_ingress_connections_dropped_total: {
    type: 'counter',
    help: 'Connections closed at once because MAX_CONNECTIONS were open.',
    labels: [],
  },
  murmuration_ingress_unmapped_total: {
    type: 'counter',
    help: 'Webhooks with something unknown, which passes through whole, by source and what it is: service, event, platform, status, body-type, field, field-shape.',
    labels: ['source', 'what'],
  },
  murmuration_ingress_events_total: {
    type: 'counter',
    help: 'Events made of webhooks, by source, record and what became of them: published, duplicate, revision.',
    labels: ['source', 'record', 'result'],
  },
  murmuration_ingress_answer_seconds: {
    type: 'histogram',
    help: 'Time from the complete request to the answer, seconds.',
    labels: ['source'],
    buckets: SECONDS,
  },
  murmuration_publisher_requests_total: {
    type: 'counter',
    help: 'Produce requests to Kafka, by result: acknowledged, as a whole; failed, or some of it.',
    labels: ['result'],
  },
  murmuration_publisher_repeats_total: {
    type: 'counter',
    help: 'Produce requests sent again for the partitions that had not taken them, e.g. on a leader change.',
    labels: [],
  },
  murmuration_publisher_brokers_out: {
    type: 'gauge',
    help: 'Brokers that did not answer and are sent nothing until they answer a probe; the log says which.',
    labels: [],
  },
  murmuration_publisher_records_total: {
    type: 'counter',
    help: 'Records that Kafka acknowledged, by topic.',
    labels: ['topic'],
  },
  murmuration_publisher_queue_records: {
    type: 'gauge',
    help: 'Records that wait for the next produce request.',
    labels: [],
  },
  murmuration_publisher_queue_bytes: {
    type: 'gauge',
    help: 'Bytes that wait for the next produce request.',
    labels: [],
  },
  murmuration_publisher_batch_bytes: {
    type: 'gauge',
    help: 'Size that a produce request may have at present, bytes; it shrinks while Kafka is slow.',
    labels: [],
  },
  murmuration_publisher_throttle_time_ms: {
    type: 'gauge',
    help: 'Pause that Kafka last asked for because we are over a quota, milliseconds.',
    labels: [],
  },
  murmuration_publisher_request_seconds: {
    type: 'histogram',
    help: 'Time of a produce request, client-side throttling included, by result, seconds.',
    labels: ['result'],
    buckets: SECONDS,
  },
  murmuration_registry_lookups_total: {
    type: 'counter',
    help: 'Look-ups by result: found or unknown, as the schema registry said; snapshot, kept on disk; or the code of the error.',
    labels: ['result'],
  },
  murmuration_registry_circuit_open: {
    type: 'gauge',
    help: '1 while the schema registry is not asked because it failed several times in a row.',
    labels: [],
  },
  murmuration_registry_snapshot_troubles_total: {
    type: 'counter',
    help: 'Troubles of the schemas on disk: unreadable, unwritable, contradicted (another registry at the same URL).',
    labels: ['trouble'],
  },
  murmuration_consumer_records_total: {
    type: 'counter',
    help: 'Records settled, by group, topic and outcome.',
    labels: ['group', 'topic', 'outcome'],
  },
  murmuration_consumer_errors_total: {
    type: 'counter',
    help: 'Handler and decoder errors, by group and error code; MUR_UNCLASSIFIED is a defect of ours.',
    labels: ['group', 'code'],
  },
  murmuration_consumer_handler_seconds: {
    type: 'histogram',
    help: 'Time in the handler per attempt, seconds.',
    labels: ['group', 'topic'],
    buckets: SECONDS,
  },
  murmuration_consumer_end_to_end_seconds: {
    type: 'histogram',
    help: 'Time from the receipt of the webhook to its end at this consumer, seconds.',
    labels: ['group'],
    buckets: SECONDS,
  },
  murmuration_consumer_waiting: {
    type: 'gauge',
    help: '1 while the group waits for something that is down, by dependency.',
    labels: ['group', 'dependency'],
  },
  murmuration_consumer_lag_records: {
    type: 'gauge',
    help: 'Records not settled, of the partitions of this member, by kind: fresh (not tried yet), waiting (the same, while a dependency is down), delayed (parked, next of their key), parked (behind one).',
    labels: ['group', 'topic', 'kind'],
  },
  murmuration_consumer_lag_seconds: {
    type: 'gauge',
    help: 'Age of the oldest record that is not settled, seconds, by kind: fresh (not tried yet), all (parked ones too, from their first failure).',
    labels: ['group', 'topic', 'kind'],
  },
  murmuration_consumer_repeats_total: {
    type: 'counter',
    help: 'Records that took effect, or may have, without a commit when their partition was lost: the next owner repeats them.',
    labels: ['group'],
  },
  murmuration_consumer_expired_records_total: {
    type: 'counter',
    help: 'Offsets that retention had deleted before the group read them: what lay there is lost to it.',
    labels: ['group'],
  },
  murmuration_consumer_held_back_partitions: {
    type: 'gauge',
    help: 'Partitions of this member that take nothing new of their topic for now, by reason: unsettled (calls under way), parked, bytes, metadata (full), uncommitted, rebuilding, draining, no-retry-partition (its topic has grown, the retry topic has not).',
    labels: ['group', 'reason'],
  },
  murmuration_consumer_set_aside_stalled_seconds: {
    type: 'gauge',
    help: 'For how long writes to retry topics, DLQ or quarantine have failed, seconds; 0 while none does.',
    labels: ['group'],
  },
  murmuration_consumer_parked_keys: {
    type: 'gauge',
    help: 'Keys whose records wait in the retry topic, of the partitions of this member.',
    labels: ['group', 'topic'],
  },
  murmuration_consumer_commits_total: {
    type: 'counter',
    help: 'Offset commits, by group and result: committed, outdated (the partitions were given away meanwhile), failed.',
    labels: ['group', 'result'],
  },
  murmuration_media_bytes_total: {
    type: 'counter',
    help: 'Bytes of media stored.',
    labels: [],
  },
  murmuration_media_files_total: {
    type: 'counter',
    help: 'Media files, by result: stored, unavailable.',
    labels: ['result'],
  },
  murmuration_audit_leaves_total: {
    type: 'counter',
    help: 'Lines appended to the audit trail, by kind.',
    labels: ['kind'],
  },
} as const satisfies Record<string, MetricRow>

export type MetricName = keyof typeof metricTable
