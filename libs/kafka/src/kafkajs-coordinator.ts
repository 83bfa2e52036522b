import { KafkaUnavailableError, kafkaErrorOf } from './kafka-errors.ts'
import type { BrokerAddress, InnerBrokerPool, OwnBrokers } from './kafkajs-connections.ts'
import { type BrokerHandle, toHandle } from './kafkajs-requests.ts'
import { wait } from './wait.ts'

/** How often, and after how many ms each, a broker is asked again that knows of no coordinator: it may only be moving. */
const COORDINATOR_TRIES = 5
const COORDINATOR_RETRY_MS = 100

interface CoordinatorDeps {
  readonly cluster: { readonly brokerPool: Pick<InnerBrokerPool, 'brokers'>; refreshMetadata(): Promise<void> }
  readonly own: OwnBrokers
  /** Which broker is asked first, 0 to 2^31: chance, so that one that does not answer is not asked first each time. */
  readonly toStart: () => number
}

/**
 * Finds the broker that keeps a group, over connections of their own.
 *
 * Not by kafkajs's search: that one says "not found" also where a broker says that we may not see the group.
 *
 * @throws the client's own errors
 */
export async function findCoordinator(groupId: string, deps: CoordinatorDeps): Promise<BrokerHandle> {
  for (let tries = 1; ; tries += 1) {
    try {
      const at = await askForCoordinator(groupId, deps)
      const broker = await deps.own.connect(at)
      deps.own.keepOnly(at)
      return toHandle(broker)
    } catch (error) {
      if (tries < COORDINATOR_TRIES && kafkaErrorOf(error) === 'GROUP_COORDINATOR_NOT_AVAILABLE') {
        await wait(COORDINATOR_RETRY_MS)
        continue
      }
      // Brokers may be elsewhere now; the next search is to know.
      if (kafkaErrorOf(error) === undefined) void deps.cluster.refreshMetadata().catch(() => undefined)
      throw error
    }
  }
}

async function askForCoordinator(groupId: string, { cluster, own, toStart }: CoordinatorDeps): Promise<BrokerAddress> {
  let failure: unknown = new KafkaUnavailableError('no broker is known')
  const brokers = Object.values(cluster.brokerPool.brokers)
  const first = brokers.length === 0 ? 0 : toStart() % brokers.length
  for (const { connectionPool } of [...brokers.slice(first), ...brokers.slice(0, first)]) {
    try {
      const asked = toHandle(await own.connect(connectionPool))
      return ((await asked.send('GroupCoordinator', { groupId })) as { readonly coordinator: BrokerAddress })
        .coordinator
    } catch (error) {
      if (kafkaErrorOf(error) !== undefined) throw error
      failure = error
    }
  }
  throw failure
}
