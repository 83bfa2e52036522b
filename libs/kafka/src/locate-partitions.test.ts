import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { locatePartitions } from './locate-partitions.ts'
import { createFakeKafkajs, protocolError } from './testing/fake-kafkajs.ts'

const all = [0, 1].map((partition) => ({ topic: 'main', partition }))

/** A topic that holds 40 to 50. @param committed offsets of its partitions, -1 for none */
function given(committed: readonly number[], options: { readonly leaderless?: number } = {}) {
  const kafka = createFakeKafkajs({ main: 2 })
  if (options.leaderless !== undefined) kafka.setLeader({ topic: 'main', partition: options.leaderless }, -1)
  kafka.answer('OffsetFetch', ({ topics }) => ({
    responses: (topics as { topic: string; partitions: { partition: number }[] }[]).map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({
        partition,
        offset: String(committed[partition]),
        metadata: '',
        errorCode: 0,
      })),
    })),
  }))
  const found: string[] = []
  const expired: object[] = []
  let why: string | undefined
  let isCurrent = true
  const located = locatePartitions(
    kafka.cluster,
    { groupId: 'g', coordinator: () => kafka.cluster.findCoordinator('g') },
    all,
    {
      isCurrent: () => isCurrent,
      found: (positions) => found.push(...positions.map(({ partition, offset }) => `${partition}:${offset}`)),
      expired: (gap) => expired.push(gap),
      trouble: (told) => {
        why = told
      },
    },
  )
  return {
    kafka,
    found,
    expired,
    located,
    why: () => why,
    endAssignment: () => {
      isCurrent = false
    },
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('begins at what was committed, or at the first offset, and says what expired', async () => {
  const { located, found, expired, why } = given([45, -1])
  await located
  expect([found, expired, why()]).toEqual([['0:45', '1:40'], [], undefined])
  const late = given([30, 50])
  await late.located
  expect([late.found, late.expired]).toEqual([['0:40', '1:50'], [{ topic: 'main', partition: 0, from: 30, to: 40 }]])
})

it('finds what has a leader while another partition has none, and that one when it has', async () => {
  const { kafka, located, found, why } = given([45, 46], { leaderless: 0 })
  await vi.advanceTimersByTimeAsync(1_000)
  expect([found, why()]).toEqual([['1:46'], 'Kafka is not available: no leader is known of main/0'])
  kafka.setLeader({ topic: 'main', partition: 0 }, 1)
  await vi.advanceTimersByTimeAsync(1_000)
  await located
  expect([found, why()]).toEqual([['1:46', '0:45'], undefined])
})

it('tries again while the coordinator does not answer, until the assignment has ended', async () => {
  const { kafka, located, found, why, endAssignment } = given([45, 46])
  kafka.fail('OffsetFetch', ...Array.from({ length: 99 }, () => 'COORDINATOR_LOAD_IN_PROGRESS'))
  await vi.advanceTimersByTimeAsync(1_000)
  expect([found, why()]).toEqual([[], 'COORDINATOR_LOAD_IN_PROGRESS'])
  endAssignment()
  await vi.advanceTimersByTimeAsync(1_000)
  await located
  expect(found).toEqual([])
})

it('ends with what no later try would change', async () => {
  const { kafka, located } = given([45, 46])
  kafka.fail('OffsetFetch', 'GROUP_AUTHORIZATION_FAILED')
  await expect(located).rejects.toEqual(protocolError('GROUP_AUTHORIZATION_FAILED'))
})
