import { createFakeBrokers } from './fake-brokers.ts'
import { describeProducerSession } from './producer-session-conformance.ts'

describeProducerSession('of the fake', async () => {
  const brokers = createFakeBrokers({ topics: { 'a topic': 3 }, maxValueLength: 1_000_000 })
  return {
    topic: 'a topic',
    missing: 'no topic',
    open: brokers.open,
    read: async (partition) => brokers.log({ topic: 'a topic', partition }),
    close: async () => undefined,
  }
})
