import { silentLogger } from '@murmuration/observability'
import { createKafkaGroupSource } from '../kafka-group-source.ts'
import { watchSource } from './watch-source.ts'

/** One group member as a process of its own, to be killed: brokers, client id, group, topics; prints what befalls it. */
const [brokers = '', clientId = '', groupId = '', topics = '', sessionTimeoutMs = ''] = process.argv.slice(2)
const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

print({ event: 'starting' })
const source = await watchSource(
  createKafkaGroupSource({
    connection: { brokers: brokers.split(','), clientId, logger: silentLogger },
    groupId,
    topics: topics.split(','),
    sessionTimeoutMs: Number(sessionTimeoutMs),
    drainMs: 3_000,
    leaseMarginMs: 1_000,
    nowMs: () => performance.now(),
  }),
  {
    resume: ({ partitions }) => {
      print({ event: 'assigned', partitions: partitions.map(({ topic, partition }) => `${topic}/${partition}`).sort() })
      return partitions
    },
  },
)
await source.until(() => source.events.some((event) => event.startsWith('failed')))
print({ event: source.events.at(-1) })
