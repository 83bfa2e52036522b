import type { TopicNames } from './topics.ts'
import type { TopicSpec } from './topology.ts'

/**
 * Topics under the prefix that begin as ours do (`bird.`, `pipeline.`) and that the topology does not ask for: those of a
 * consumer group that is gone, or of an older generation. Pure.
 */
export function findUnknownTopics(
  listed: readonly string[],
  input: { readonly wanted: readonly TopicSpec[]; readonly names: TopicNames },
): readonly string[] {
  const familyOf = (topic: string) => input.names.unprefixed(topic).split('.', 1)[0]
  const known = new Set(input.wanted.map(({ topic }) => topic))
  const families = new Set([...known].map(familyOf))
  return listed
    .filter((topic) => topic.startsWith(input.names.prefix) && families.has(familyOf(topic)) && !known.has(topic))
    .toSorted()
}
