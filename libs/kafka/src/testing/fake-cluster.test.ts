import { createFakeCluster } from './fake-cluster.ts'
import { describeGroupSource } from './group-source-conformance.ts'

describeGroupSource('the fake', async (counts) => {
  const topics = counts.map((_, index) => `t${index}`)
  const cluster = createFakeCluster({
    topics: Object.fromEntries(counts.map((count, index) => [`t${index}`, count])),
    nowMs: () => 1_000,
  })
  return {
    topics,
    append: async (at, values) => {
      for (const value of values) cluster.append(at, { value: Buffer.from(value) })
    },
    member: cluster.member,
    nowMs: () => 1_000,
  }
})
