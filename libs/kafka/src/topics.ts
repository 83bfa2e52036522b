/** Names of the topics and groups of one deployment; the prefix allows shared clusters. */
export interface TopicNames {
  readonly prefix: string
  /** A topic of the catalog as the cluster knows it. */
  topic(name: string): string
  /** Where a group parks a topic's records that failed for now. */
  retry(name: string, groupId: string): string
  /** Where a group puts a topic's records that it gives up. */
  deadLetter(name: string, groupId: string): string
  /** A consumer group as the cluster knows it. */
  group(groupId: string): string
  /** The catalog's name of a topic that the cluster named. */
  unprefixed(topic: string): string
}

/** Names with a prefix; the empty prefix is the usual case. */
export function createTopicNames(prefix: string): TopicNames {
  return {
    prefix,
    topic: (name) => `${prefix}${name}`,
    retry: (name, groupId) => `${prefix}${name}.${groupId}.retry`,
    deadLetter: (name, groupId) => `${prefix}${name}.${groupId}.dlq`,
    group: (groupId) => `${prefix}${groupId}`,
    unprefixed: (topic) => (topic.startsWith(prefix) ? topic.slice(prefix.length) : topic),
  }
}
