import { expect, it } from 'vitest'
import { findUnknownTopics } from './plan-unknown.ts'
import { createTopicNames } from './topics.ts'
import { toTopology } from './topology.ts'

const OPTIONS = { replicationFactor: 1, minInsyncReplicas: 1 }

it.each([
  ['', 'bird.old.v1'],
  ['dev.', 'dev.bird.old.v1'],
])('finds under the prefix %j a topic that begins as ours do and is not in the catalog', (prefix, expected) => {
  const names = createTopicNames(prefix)
  const wanted = toTopology(names, OPTIONS)
  const listed = [
    ...wanted.map(({ topic }) => topic),
    ...['bird.old.v1', 'dev.bird.old.v1', 'dev.orders', 'orders', '__consumer_offsets', 'birds'],
  ]
  expect(findUnknownTopics(listed, { wanted, names })).toEqual([expected])
})
