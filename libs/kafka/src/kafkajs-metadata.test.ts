import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import type { ProtocolRequest } from './kafkajs-connections.ts'
import { tolerateLeaderless } from './kafkajs-metadata.ts'

const load = createRequire(import.meta.url)
const LEADER_NOT_AVAILABLE = 5
const TOPIC_AUTHORIZATION_FAILED = 29

type Protocol = (input: object) => ProtocolRequest
const { protocol, versions } = load('kafkajs/src/protocol/requests/metadata') as {
  readonly protocol: (of: { readonly version: string }) => Protocol
  readonly versions: readonly string[]
}

/** What kafkajs makes of metadata that a broker answers. */
async function ask(version: string, answer: object): Promise<unknown> {
  const pool = { send: ({ response }: ProtocolRequest) => response.parse(answer) as Promise<unknown> }
  const connectionPoolBuilder = { build: async () => pool }
  tolerateLeaderless({ connectionPoolBuilder } as never)
  const built = await connectionPoolBuilder.build()
  return built.send(protocol({ version })({ topics: ['a', 'b'], allowAutoTopicCreation: false }))
}

function metadata(topicErrorCode: number) {
  const partition = (partitionId: number, partitionErrorCode: number, leader: number) => ({
    partitionErrorCode,
    partitionId,
    leader,
  })
  return {
    brokers: [],
    topicMetadata: [
      {
        topicErrorCode: 0,
        topic: 'a',
        partitionMetadata: [partition(0, 0, 1), partition(1, LEADER_NOT_AVAILABLE, -1)],
      },
      { topicErrorCode, topic: 'b', partitionMetadata: [] },
    ],
  }
}

it.each(versions)('one partition without a leader does not hide the others (Metadata version %s)', async (version) => {
  expect(await ask(version, metadata(0))).toMatchObject({
    topicMetadata: [
      {
        topic: 'a',
        partitionMetadata: [
          { partitionId: 0, leader: 1 },
          { partitionId: 1, leader: -1 },
        ],
      },
      { topic: 'b' },
    ],
  })
})

it.each(versions)("an error of a topic is the request's, as before (Metadata version %s)", async (version) => {
  await expect(ask(version, metadata(TOPIC_AUTHORIZATION_FAILED))).rejects.toMatchObject({
    type: 'TOPIC_AUTHORIZATION_FAILED',
  })
})
