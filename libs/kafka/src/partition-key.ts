import type { TopicPartition } from './group-source.ts'

/** A partition as the key of a map, and as people read it. */
export function toKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}
