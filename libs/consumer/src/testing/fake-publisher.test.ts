import { createFakeCluster, describePublisher } from '@murmuration/kafka/testing'
import { createFakePublisher } from './fake-publisher.ts'

describePublisher('of the tests', async () => {
  const cluster = createFakeCluster({ topics: { t: 2 }, nowMs: () => 0 })
  return {
    publisher: createFakePublisher(
      [],
      (at, record) => cluster.append(at, record),
      (at) => cluster.records(at),
    ),
    grow: async (partitions) => cluster.grow('t', partitions),
    topic: 't',
    missing: 'missing',
    read: async (of) => cluster.records(of),
    close: async () => undefined,
  }
})
