import { randomUUID } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { silentLogger } from '@murmuration/observability'
import { expect, inject, it } from 'vitest'
import { createKafka } from './create-kafka.ts'
import { openKafkajsCluster } from './kafkajs-insides.ts'

it('opens one connection for several requests that find none', async () => {
  const sockets: Socket[] = []
  const kafka = createKafka(
    { brokers: inject('kafkaBrokers').split(','), clientId: 'm0', logger: silentLogger },
    {
      socketFactory: ({ host, port, onConnect }) => {
        const socket = connect({ host, port }, onConnect)
        sockets.push(socket)
        return socket
      },
    },
  )
  const groupId = `insides-${randomUUID()}`
  const cluster = openKafkajsCluster(kafka, { groupId, metadataMaxAgeMs: 30_000 })
  await cluster.connect([])
  const broker = await cluster.findCoordinator(groupId)
  await Promise.all(
    sockets.map((socket) => new Promise((closed) => socket.once('close', closed).destroy(new Error('cut')))),
  )
  const before = sockets.length
  // Settled: a broker that has just started may not keep the group yet, and says so over the same connection.
  await Promise.allSettled([1, 2, 3].map(() => broker.send('OffsetFetch', { groupId, topics: [] })))
  expect(sockets.length - before).toBe(1)
  await cluster.disconnect()
})
