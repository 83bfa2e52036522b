import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { silentLogger } from '@murmuration/observability'
import { describe, expect, it } from 'vitest'
import { createKafka } from './create-kafka.ts'
import { errorNameOf, openKafkajsCluster, toBatch } from './kafkajs-insides.ts'

const load = createRequire(import.meta.url)
const WHAT_TO_DO = 'bring kafkajs-insides.ts in line with the installed kafkajs: docs/adr/0011-group-membership.md'

/** What `kafkajs-insides.ts` uses without kafkajs having promised it. */
const HOOKS = [
  ['src/consumer/index.js', 'createAssigner({ groupId, logger, cluster })', 'an assigner is handed the cluster'],
  ['src/network/connectionPool.js', '[apiKeys.Fetch]: 1', 'a heartbeat does not wait behind a fetch'],
  ['src/network/connectionPool.js', 'async getConnection(index = 0)', 'connections can be shared while they open'],
  ['src/network/connectionPool.js', 'new Array(2).fill()', 'a commit goes over a second connection'],
  ['src/network/connection.js', 'this.requestQueue = new RequestQueue(', 'the time of a request can be set'],
  ['src/network/connection.js', 'abandon(socket)', 'a connection whose request is not answered is broken: our patch'],
  ['src/network/requestQueue/index.js', 'this.throttledUntil = -1', 'a throttling can be ended'],
  [
    'src/cluster/index.js',
    'connectionPoolBuilder: this.connectionPoolBuilder',
    'every connection comes from one builder',
  ],
  ['src/cluster/brokerPool.js', 'await this.connectionPoolBuilder.build()', 'every connection comes from one builder'],
  ['src/cluster/brokerPool.js', 'this.createBroker = options =>', 'the coordinator has connections of its own'],
  ['src/broker/index.js', "throw new Error('Broker not connected')", 'that is an outage'],
  ['src/broker/index.js', 'return await this.connectionPool.send(protocolRequest)', 'metadata come by the pool'],
  [
    'src/protocol/requests/metadata/v0/request.js',
    "apiName: 'Metadata'",
    'a request for metadata is known by its name',
  ],
  [
    'src/network/connection.js',
    'async send({ request, response, requestTimeout',
    'a request has a time-out of its own',
  ],
  ['src/broker/index.js', 'this.lookupRequest = lookup(this.versions)', 'the newest common version is used'],
  ['src/protocol/requests/joinGroup/v5/request.js', '.writeString(groupInstanceId)', 'members are static'],
  ['src/protocol/requests/syncGroup/v3/request.js', '.writeString(groupInstanceId)', 'members are static'],
  ['src/protocol/requests/heartbeat/v3/request.js', '.writeString(groupInstanceId)', 'who is replaced is told so'],
  [
    'src/protocol/requests/leaveGroup/index.js',
    'members: [{ memberId, groupInstanceId }]',
    'who is replaced evicts nobody',
  ],
  ['src/admin/index.js', 'clusterId, controllerId } = await cluster.metadata(', 'the cluster tells its id'],
  ['src/cluster/brokerPool.js', 'async findConnectedBroker()', 'any broker gives a producer its id'],
  ['src/cluster/brokerPool.js', 'this.metadata = await broker.metadata(topics)', 'the metadata tell the cluster'],
  ['src/protocol/requests/metadata/v2/response.js', 'clusterId: decoder.readString()', 'the metadata tell the cluster'],
  [
    'src/protocol/requests/produce/v3/response.js',
    'errorCode: decoder.readInt16()',
    'each partition has its own answer',
  ],
  [
    'src/protocol/requests/produce/v6/response.js',
    'clientSideThrottleTime: decoded.throttleTime',
    "a broker's throttling is visible",
  ],
  ['src/protocol/requests/offsetFetch/v1/response.js', 'metadata: decoder.readString()', 'metadata comes back'],
  ['src/protocol/requests/fetch/v11/response.js', 'errorCode: decoder.readInt16()', 'each partition has its own error'],
] as const

describe('the insides of kafkajs', () => {
  it.each(HOOKS)('%s has %j: %s', (file, text, what) => {
    const source = readFileSync(load.resolve(`kafkajs/${file}`), 'utf8')
    expect(source.includes(text), `no longer so: ${what}; ${WHAT_TO_DO}`).toBe(true)
  })

  it.each([
    ['findCoordinator', 2],
    ['joinGroup', 5],
    ['syncGroup', 3],
    ['heartbeat', 3],
    ['leaveGroup', 3],
    ['offsetCommit', 5],
    ['offsetFetch', 4],
    ['describeGroups', 2],
    ['fetch', 11],
    ['deleteRecords', 1],
    ['produce', 7],
    ['initProducerId', 1],
  ])('%s is spoken in version %i', (name, version) => {
    const { versions } = load(`kafkajs/src/protocol/requests/${name}`) as { readonly versions: readonly string[] }
    expect(Math.max(...versions.map(Number)), WHAT_TO_DO).toBe(version)
  })

  it('yields a cluster, with what we call', () => {
    const kafka = createKafka({ brokers: ['127.0.0.1:1'], clientId: 'm0', logger: silentLogger })
    expect(() => openKafkajsCluster(kafka, { groupId: 'g', metadataMaxAgeMs: 1_000 }), WHAT_TO_DO).not.toThrow()
    const cluster = load('kafkajs/src/cluster') as { readonly prototype: object }
    const called = ['connect', 'disconnect', 'addMultipleTargetTopics', 'refreshMetadata', 'refreshMetadataIfNecessary']
    const asked = ['findTopicPartitionMetadata', 'findBroker', 'fetchTopicsOffset', 'metadata']
    const missing = [...called, ...asked].filter((name) => !(name in cluster.prototype))
    expect(missing, WHAT_TO_DO).toEqual([])
  })

  it("names Kafka's errors", () => {
    expect([0, 1, 6, 29, 82].map(errorNameOf)).toEqual([
      undefined,
      'OFFSET_OUT_OF_RANGE',
      'NOT_LEADER_FOR_PARTITION',
      'TOPIC_AUTHORIZATION_FAILED',
      'FENCED_INSTANCE_ID',
    ])
  })
})

describe('toBatch', () => {
  const message = (offset: number, more: object = {}) => ({ offset: String(offset), key: null, value: null, ...more })
  const fetched = (messages: readonly object[], abortedTransactions: readonly object[] = []) => ({
    partition: 0,
    errorCode: 0,
    highWatermark: '100',
    abortedTransactions,
    messages,
  })
  const offsets = (batch: ReturnType<typeof toBatch>) => batch.messages.map(({ offset }) => Number(offset))

  it('goes on behind the last record, over holes', () => {
    const batch = toBatch('t', 5, fetched([message(5), message(9)]))
    expect([offsets(batch), batch.nextOffset]).toEqual([[5, 9], 10])
  })

  it('goes on behind a batch whose last records compaction has taken, also when none of it is left', () => {
    const batchContext = { firstOffset: '10', lastOffsetDelta: 9 }
    const batch = toBatch('t', 5, fetched([message(10, { batchContext }), message(14, { batchContext })]))
    expect([offsets(batch), batch.nextOffset]).toEqual([[10, 14], 20])
    expect(toBatch('t', 17, fetched([message(14, { batchContext })]))).toMatchObject({ messages: [], nextOffset: 20 })
  })

  it('stays where it is when nothing came', () => {
    expect(toBatch('t', 5, fetched([])).nextOffset).toBe(5)
  })

  it('leaves out what lies before: Kafka answers with whole batches', () => {
    expect(offsets(toBatch('t', 5, fetched([message(3), message(4), message(5)])))).toEqual([5])
  })

  it('passes the marker of a transaction without showing it', () => {
    const batch = toBatch('t', 5, fetched([message(5), message(6, { isControlRecord: true })]))
    expect([offsets(batch), batch.nextOffset]).toEqual([[5], 7])
  })
})
