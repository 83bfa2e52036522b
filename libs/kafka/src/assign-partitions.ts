/** A topic and how many partitions it has. */
export interface CountedTopic {
  readonly topic: string
  readonly partitions: number
}

/** The partitions of each topic that one member gets, ascending. */
export type MemberShare = Readonly<Record<string, readonly number[]>>

/**
 * Gives equal partition numbers of all topics to one member, so that whoever reads partition 3 of a topic also reads
 * partition 3 of its retry topic, and nobody else writes there.
 *
 * Numbers go round the members in the order of their ids, so shares differ by one number at most, every member computes
 * the same, and a member that comes back under its id gets what it had when the others are the same.
 *
 * @param members stable ids, in any order; empty: nobody gets anything
 */
export function assignPartitions(
  members: readonly string[],
  topics: readonly CountedTopic[],
): ReadonlyMap<string, MemberShare> {
  const sorted = [...new Set(members)].sort()
  const shares = new Map<string, Record<string, number[]>>(sorted.map((member) => [member, {}]))
  for (const { topic, partitions } of [...topics].sort((a, b) => (a.topic < b.topic ? -1 : 1))) {
    for (const [index, member] of sorted.entries()) {
      const numbers: number[] = []
      for (let partition = index; partition < partitions; partition += sorted.length) numbers.push(partition)
      const share = shares.get(member)
      if (share !== undefined && numbers.length > 0) share[topic] = numbers
    }
  }
  return shares
}
