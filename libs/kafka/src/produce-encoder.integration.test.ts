import { randomUUID } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { Kafka, type KafkaMessage, logLevel, type Message, Partitioners } from 'kafkajs'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { createJavaPartitioner } from './java-partitioner.ts'
import { type Chance, createChance, toMessage } from './produce-encoder.fixture.ts'
import { createTopics } from './testing/create-topics.ts'
import { readTopic } from './testing/read-topic.ts'

const brokers = inject('kafkaBrokers').split(',')
const prefix = `produce-${randomUUID().slice(0, 8)}`
const ordered = `${prefix}.ordered`
const keyed = `${prefix}.keyed`
const hole = `${prefix}.hole`
const PARTITIONS = 6
const kafka = new Kafka({ brokers, clientId: 'test', logLevel: logLevel.NOTHING })
const admin = kafka.admin()

beforeAll(async () => {
  await admin.connect()
  // Records with timestamps of their own are old at once.
  const counts = Object.fromEntries([ordered, keyed, hole].map((topic) => [topic, PARTITIONS]))
  await createTopics(kafka, counts, { 'retention.ms': '-1' })
})

afterAll(async () => {
  await admin.deleteTopics({ topics: [ordered, keyed, hole] })
  await admin.disconnect()
})

/** A record in a form that compares: everything as bytes, a header with its values in order, none without any. */
function toPlain({ key, value, headers = {} }: Message | KafkaMessage) {
  const toHex = (bytes: Buffer | string | null | undefined) =>
    bytes === null || bytes === undefined ? null : Buffer.from(bytes as Buffer).toString('hex')
  const lists = Object.entries(headers).map(([name, values]) => [name, [values].flat().map(toHex)] as const)
  return {
    key: toHex(key),
    value: toHex(value),
    headers: Object.fromEntries(lists.filter(([, values]) => values.length > 0)),
  }
}

/** A message that the producer's own types allow. */
function toTypedMessage(chance: Chance): Message {
  return toMessage(chance, 1_700_000_000_000) as Message
}

it('Kafka takes 4,000 records of all shapes, and gives them back equal, in order', async () => {
  const chance = createChance(21)
  const producer = kafka.producer({ createPartitioner: createJavaPartitioner })
  await producer.connect()
  const sent: Message[][] = Array.from({ length: PARTITIONS }, () => [])
  for (let batch = 0; batch < 40; batch++) {
    const messages = Array.from({ length: 100 }, () => ({
      ...toTypedMessage(chance),
      partition: chance.upTo(PARTITIONS),
    }))
    await producer.sendBatch({ topicMessages: [{ topic: ordered, messages }] })
    for (const message of messages) sent[message.partition]?.push(message)
  }
  await producer.disconnect()
  const read = await readTopic(kafka, ordered)
  expect(read.map((messages) => messages.map(toPlain))).toEqual(sent.map((messages) => messages.map(toPlain)))
  for (const [partition, messages] of sent.entries()) {
    const stamps = messages.map(({ timestamp }, index) => timestamp ?? read[partition]?.[index]?.timestamp)
    expect(read[partition]?.map(({ timestamp }) => timestamp)).toEqual(stamps.map(String))
  }
})

it('nothing that Kafka acknowledged is lost or damaged when connections break while it is written', async () => {
  const chance = createChance(22)
  let kills = 0
  const producer = new Kafka({
    brokers,
    clientId: 'test',
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20, maxRetryTime: 200, retries: 10 },
    // One Produce request (API key 0) in eight never sees its answer; every other one of these is cut off before.
    socketFactory: ({ host, port, onConnect }) => {
      const socket = connect({ host, port }, onConnect)
      const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
      socket.write = (bytes: unknown, ...rest: unknown[]) => {
        const doomed = Buffer.isBuffer(bytes) && bytes.readInt16BE(4) === 0 && chance.upTo(8) === 0
        if (doomed) {
          kills++
          setImmediate(() => socket.destroy(new Error('broken by the test')))
          if (kills % 2 === 0) return false
        }
        return write(bytes, ...rest)
      }
      return socket
    },
  }).producer({ createPartitioner: createJavaPartitioner })
  await producer.connect()
  const sent = new Map<string, Message>()
  const acknowledged: string[] = []
  for (let batch = 0; batch < 60; batch++) {
    const messages = Array.from({ length: 50 }, (_, index) => {
      const id = `${batch}-${index}`
      const { key, value, headers } = toTypedMessage(chance)
      const message: Message = { key: key ?? `key-${id}`, value, headers: { ...headers, id } }
      sent.set(id, message)
      return message
    })
    // Two at a time: one's answer comes while the other is being written.
    const halves = [messages.slice(0, 25), messages.slice(25)]
    const results = await Promise.allSettled(halves.map((half) => producer.send({ topic: keyed, messages: half })))
    for (const [index, { status }] of results.entries()) {
      if (status === 'fulfilled') acknowledged.push(...(halves[index] ?? []).map(({ headers }) => String(headers?.id)))
    }
  }
  await producer.disconnect()

  const partitionOf = Partitioners.DefaultPartitioner()
  const partitionMetadata = Array.from({ length: PARTITIONS }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [],
    isr: [],
  }))
  const found = new Set<string>()
  for (const [partition, messages] of (await readTopic(kafka, keyed)).entries()) {
    for (const read of messages) {
      const id = String(read.headers?.id)
      const message = sent.get(id) ?? expect.fail(`a record that nobody sent: ${id}`)
      expect(toPlain(read)).toEqual(toPlain(message))
      expect(partition).toBe(partitionOf({ topic: keyed, partitionMetadata, message }))
      found.add(id)
    }
  }
  expect(kills).toBeGreaterThan(10)
  expect(acknowledged.length).toBeGreaterThan(2_000)
  expect(acknowledged.filter((id) => !found.has(id))).toEqual([])
})

it('a producer recovers by itself from a connection that swallows everything', async () => {
  const sockets: Socket[] = []
  const producer = new Kafka({
    brokers,
    clientId: 'test',
    logLevel: logLevel.NOTHING,
    requestTimeout: 300,
    retry: { initialRetryTime: 20, maxRetryTime: 200, retries: 5 },
    socketFactory: ({ host, port, onConnect }) => {
      const socket = connect({ host, port }, onConnect)
      sockets.push(socket)
      return socket
    },
  }).producer({ createPartitioner: createJavaPartitioner })
  await producer.connect()
  const send = (value: string) => producer.send({ topic: hole, messages: [{ value, partition: 0 }] })
  await send('before')
  const swallowing = [...sockets]
  for (const socket of swallowing) socket.write = () => true

  await send('through the hole')
  await producer.disconnect()
  const values = (await readTopic(kafka, hole))[0]?.map(({ value }) => String(value))
  expect(values).toEqual(['before', 'through the hole'])
  expect(sockets.length).toBeGreaterThan(swallowing.length)
  expect(swallowing.some(({ destroyed }) => destroyed)).toBe(true)
})
