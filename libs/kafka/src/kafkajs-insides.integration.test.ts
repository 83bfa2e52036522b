import { randomUUID } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { silentLogger } from '@murmuration/observability'
import { afterEach, expect, inject, it, vi } from 'vitest'
import { createKafka } from './create-kafka.ts'
import { type KafkajsCluster, openKafkajsCluster } from './kafkajs-insides.ts'

const clusters: KafkajsCluster[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(clusters.splice(0).map((cluster) => cluster.disconnect()))
})

/** A connected cluster, its sockets in the order in which they were opened, and what each of them was given to write. */
async function given() {
  const sockets: Socket[] = []
  const written: number[] = []
  const kafka = createKafka(
    { brokers: inject('kafkaBrokers').split(','), clientId: 'm0', logger: silentLogger },
    {
      socketFactory: ({ host, port, onConnect }) => {
        const socket = connect({ host, port }, onConnect)
        const index = sockets.push(socket) - 1
        const write = socket.write.bind(socket)
        socket.write = ((...args: Parameters<typeof write>) => {
          written.push(index)
          return write(...args)
        }) as typeof socket.write
        return socket
      },
    },
  )
  const groupId = `insides-${randomUUID()}`
  const cluster = openKafkajsCluster(kafka, { groupId, metadataMaxAgeMs: 30_000 })
  clusters.push(cluster)
  await cluster.connect([])
  const broker = await cluster.findCoordinator(groupId)
  /** Which socket a request was written to. Refused: nobody is in the group, and nothing is asked for. */
  const socketOf = async (send: () => Promise<unknown>) => {
    written.splice(0)
    await send().catch(() => undefined)
    return written.at(-1)
  }
  return { cluster, broker, groupId, sockets, socketOf }
}

const HEARTBEAT = { memberId: 'nobody', groupInstanceId: 'nobody', groupGenerationId: 1 }

it('opens one connection for several requests that find none', async () => {
  const { broker, groupId, sockets } = await given()
  await Promise.all(
    sockets.map((socket) => new Promise((closed) => socket.once('close', closed).destroy(new Error('cut')))),
  )
  const before = sockets.length
  // Settled: a broker that has just started may not keep the group yet, and says so over the same connection.
  await Promise.allSettled([1, 2, 3].map(() => broker.send('OffsetFetch', { groupId, topics: [] })))
  expect(sockets.length - before).toBe(1)
})

it('sends neither commits nor requests to a leader over the connection of the heartbeats', async () => {
  const { cluster, broker, groupId, socketOf } = await given()
  const heartbeat = () => broker.send('Heartbeat', { groupId, ...HEARTBEAT })
  const commit = { groupId, memberId: 'nobody', groupGenerationId: 1, topics: [] }
  const leader = await cluster.findBroker(1)
  const used = [
    await socketOf(heartbeat),
    await socketOf(() => broker.send('OffsetCommit', commit)),
    await socketOf(() => leader.send('DeleteRecords', { topics: [] })),
    await socketOf(() => cluster.refreshMetadata()),
  ]
  expect(used).not.toContain(undefined)
  expect(used.slice(1)).not.toContain(used[0])
  expect(await socketOf(heartbeat)).toBe(used[0])
})

it('gives a request up in its own time when its connection swallows it and the clock is set back, and connects anew', async () => {
  const { broker, groupId, sockets } = await given()
  const heartbeat = () => broker.send('Heartbeat', { groupId, ...HEARTBEAT }, { timeoutMs: 300 })
  await expect(heartbeat()).rejects.toMatchObject({ type: expect.any(String) })
  for (const socket of sockets) {
    socket.removeAllListeners('data')
    socket.write = (() => true) as typeof socket.write
  }
  const sentAtMs = performance.now()
  const end = heartbeat().catch((error: Error) => error.message)
  const now = Date.now
  vi.spyOn(Date, 'now').mockImplementation(() => now() - 3_600_000)
  expect(await end).toBe('Heartbeat was not answered within 300 ms')
  expect(performance.now() - sentAtMs).toBeLessThan(1_000)
  await expect(heartbeat()).rejects.toMatchObject({ type: expect.any(String) })
})
