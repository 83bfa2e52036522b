import { silentLogger } from '@murmuration/observability'
import { AssignerProtocol } from 'kafkajs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMembership } from './group-membership.ts'
import { createFakeKafkajs } from './testing/fake-kafkajs.ts'

const SESSION_MS = 10_000
const HEARTBEAT_MS = 500

/** A member of a group that is alone in it, and what it was told. */
function given(options: { readonly drain?: (epoch: number) => Promise<void> } = {}) {
  const kafka = createFakeKafkajs({ main: 2 })
  const log: string[] = []
  let asleepMs = 0
  const membership = createMembership(
    kafka.cluster,
    {
      groupId: 'g',
      clientId: 'm0',
      topics: ['main'],
      sessionTimeoutMs: SESSION_MS,
      drainMs: 3_000,
      acquireLock: async () => ({ machine: 'here', release: () => log.push('released') }),
      nowMs: () => performance.now(),
      bootMs: () => performance.now() + asleepMs,
      logger: silentLogger,
    },
    {
      assigned: ({ epoch }, partitions) => log.push(`assigned ${epoch}: ${partitions.length}`),
      drain: async (epoch) => {
        log.push(`drain ${epoch}`)
        await options.drain?.(epoch)
      },
      lost: (epoch) => log.push(`lost ${epoch}`),
      failed: (error) => log.push(`failed ${'code' in error ? error.code : error.message}`),
    },
  )
  const names = () => kafka.sent.map(({ name }) => name)
  return {
    ...kafka,
    membership,
    log,
    names,
    leftMs: () => membership.heardUntilMs() - performance.now(),
    suspend(ms: number) {
      asleepMs += ms
    },
  }
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('createMembership', () => {
  it('is heard before it tells anybody of its assignment, and again every twentieth of the session', async () => {
    const { membership, log, names, leftMs } = given()
    membership.start()
    await pass(1)
    expect(log).toEqual(['assigned 1: 2'])
    expect(names()).toEqual(['DescribeGroups', 'JoinGroup', 'SyncGroup', 'Heartbeat'])
    expect(leftMs()).toBeGreaterThan(SESSION_MS - 2)
    await pass(HEARTBEAT_MS * 4)
    expect(names().filter((name) => name === 'Heartbeat')).toHaveLength(5)
    expect(membership.problem()).toBeUndefined()
  })

  it('joins under its client id, and leaves under it', async () => {
    const { membership, sent } = given()
    membership.start()
    await pass(1)
    void membership.stop()
    await pass(HEARTBEAT_MS)
    const own = sent.filter(({ name }) => name !== 'DescribeGroups')
    expect(own.every(({ input }) => input.groupInstanceId === 'm0')).toBe(true)
    expect(sent.at(-1)).toEqual({
      name: 'LeaveGroup',
      input: { groupId: 'g', memberId: 'm0-1', groupInstanceId: 'm0' },
    })
  })

  it('goes on with its heartbeats while it drains, and joins again only then', async () => {
    const drained = Promise.withResolvers<void>()
    const { membership, fail, log, names, leftMs } = given({ drain: () => drained.promise })
    membership.start()
    await pass(1)
    fail('Heartbeat', ...Array.from({ length: 5 }, () => 'REBALANCE_IN_PROGRESS'))
    await pass(HEARTBEAT_MS * 4)
    expect(log).toEqual(['assigned 1: 2', 'drain 1'])
    expect(membership.current()?.epoch).toBe(1)
    expect(leftMs()).toBeGreaterThan(SESSION_MS - HEARTBEAT_MS - 2)
    expect(names().filter((name) => name === 'JoinGroup')).toHaveLength(1)
    fail('Heartbeat')
    drained.resolve()
    await pass(HEARTBEAT_MS * 2)
    expect(log.slice(2, 4)).toEqual(['lost 1', 'assigned 2: 2'])
  })

  it('waits for a drain no longer than it may', async () => {
    const { membership, fail, log } = given({ drain: () => new Promise(() => undefined) })
    membership.start()
    await pass(1)
    fail('Heartbeat', 'REBALANCE_IN_PROGRESS')
    await pass(HEARTBEAT_MS + 3_000 + HEARTBEAT_MS)
    expect(log).toEqual(['assigned 1: 2', 'drain 1', 'lost 1', 'assigned 2: 2'])
  })

  it.each(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'])(
    'does not drain when it hears %s: nothing would be taken',
    async (error) => {
      const { membership, fail, log, sent } = given()
      membership.start()
      await pass(1)
      fail('Heartbeat', error)
      await pass(HEARTBEAT_MS + 10)
      expect(log).toEqual(['assigned 1: 2', 'lost 1', 'assigned 2: 2'])
      const again = sent.filter(({ name }) => name === 'JoinGroup').at(-1)
      expect(again?.input.memberId).toBe(error === 'UNKNOWN_MEMBER_ID' ? '' : 'm0-1')
    },
  )

  it('ends when another process has its client id, and does not join again', async () => {
    const { membership, fail, log, names } = given()
    membership.start()
    await pass(1)
    fail('Heartbeat', 'FENCED_INSTANCE_ID')
    await pass(60_000)
    expect(log).toEqual(['assigned 1: 2', 'lost 1', 'failed MUR_GROUP_MEMBER_REPLACED'])
    expect(names().filter((name) => name === 'JoinGroup')).toHaveLength(1)
  })

  it('keeps its assignment while nobody answers, and the lease runs out', async () => {
    const { membership, fail, log, leftMs, searches } = given()
    membership.start()
    await pass(1)
    fail('Heartbeat', ...Array.from({ length: 40 }, () => 'NOT_COORDINATOR_FOR_GROUP'))
    await pass(SESSION_MS)
    expect(leftMs()).toBeLessThanOrEqual(0)
    expect(log).toEqual(['assigned 1: 2'])
    expect(membership.problem()).toContain('NOT_COORDINATOR')
    expect(searches()).toBeGreaterThan(10)
    await pass(SESSION_MS + HEARTBEAT_MS * 2)
    expect(leftMs()).toBeGreaterThan(SESSION_MS - HEARTBEAT_MS - 2)
    expect(log).toEqual(['assigned 1: 2'])
  })

  it('counts its lease from when a heartbeat was sent, not from its answer', async () => {
    const { membership, answer, leftMs } = given()
    answer('Heartbeat', () => new Promise((resolve) => setTimeout(resolve, 400)))
    membership.start()
    await pass(401)
    expect(leftMs()).toBeLessThanOrEqual(SESSION_MS - 400)
  })

  it('tries to join until it goes well, and says why it does not', async () => {
    const { membership, fail, log } = given()
    fail('JoinGroup', 'INCONSISTENT_GROUP_PROTOCOL', 'GROUP_COORDINATOR_NOT_AVAILABLE')
    membership.start()
    await pass(10)
    expect([log, membership.problem()]).toEqual([[], 'INCONSISTENT_GROUP_PROTOCOL'])
    await pass(2_000)
    expect([log, membership.problem()]).toEqual([['assigned 1: 2'], undefined])
  })

  it('ends when it is not allowed into the group', async () => {
    const { membership, fail, log } = given()
    fail('JoinGroup', 'GROUP_AUTHORIZATION_FAILED')
    membership.start()
    await pass(10_000)
    expect(log).toEqual(['failed MUR_KAFKA_REFUSED'])
  })

  it('joins again when a topic has more partitions, with other data, so that the group rebalances', async () => {
    const { membership, setPartitions, log, sent } = given()
    membership.start()
    await pass(1)
    setPartitions('main', 3)
    await pass(HEARTBEAT_MS * 3)
    expect(log).toEqual(['assigned 1: 2', 'drain 1', 'lost 1', 'assigned 2: 3'])
    const [first, second] = sent
      .filter(({ name }) => name === 'JoinGroup')
      .map(({ input }) => JSON.stringify(input.groupProtocols))
    expect(second).not.toBe(first)
  })

  it('takes a topic of which it knows nothing for an outage, not for a topic without partitions', async () => {
    const { membership, setPartitions, log } = given()
    setPartitions('main', 0)
    membership.start()
    await pass(2_000)
    expect([log, membership.problem()]).toEqual([[], 'Kafka is not available: nothing is known of topic main'])
  })

  it('drains, ends and leaves when its own code fails: the others need not wait for its session', async () => {
    const { membership, log, names } = given()
    membership.start()
    await pass(1)
    membership.fail(new TypeError('a defect'))
    await pass(10)
    expect(log).toEqual(['assigned 1: 2', 'drain 1', 'lost 1', 'failed a defect'])
    expect(names().at(-1)).toBe('LeaveGroup')
    await membership.stop()
    expect(log.at(-1)).toBe('released')
  })

  it('asks who has its place before it joins as nobody, not before it joins again', async () => {
    const { membership, fail, names } = given()
    const described = () => names().filter((name) => name === 'DescribeGroups').length
    membership.start()
    await pass(1)
    fail('Heartbeat', 'REBALANCE_IN_PROGRESS')
    await pass(HEARTBEAT_MS * 3)
    expect([names().filter((name) => name === 'JoinGroup').length, described()]).toEqual([2, 1])
    fail('Heartbeat', 'UNKNOWN_MEMBER_ID')
    await pass(HEARTBEAT_MS * 3)
    expect([names().filter((name) => name === 'JoinGroup').length, described()]).toEqual([3, 2])
  })

  it('joins with the name of its machine, so that its successor there can tell that it is dead', async () => {
    const { membership, sent } = given()
    membership.start()
    await pass(1)
    const [join] = sent.filter(({ name }) => name === 'JoinGroup')
    const [protocol] = (join?.input.groupProtocols ?? []) as { readonly metadata: Buffer }[]
    const next = given()
    next.answer('DescribeGroups', () => ({
      groups: [
        {
          state: 'Stable',
          members: [{ memberId: 'm0-1', clientId: 'm0', clientHost: '/10.0.0.7', memberMetadata: protocol?.metadata }],
        },
      ],
    }))
    next.membership.start()
    await pass(1)
    expect(next.log).toEqual(['assigned 1: 2'])
  })

  it('does not join while somebody elsewhere has its client id, says whom it waits for, and gives up after a session', async () => {
    const { membership, answer, log, names } = given()
    const memberMetadata = Buffer.alloc(0)
    answer('DescribeGroups', () => ({
      groups: [
        { state: 'Stable', members: [{ memberId: 'm0-1', clientId: 'm0', clientHost: '/10.0.0.7', memberMetadata }] },
      ],
    }))
    membership.start()
    await pass(SESSION_MS)
    expect([log, membership.problem()]).toEqual([[], expect.stringContaining('10.0.0.7')])
    await pass(SESSION_MS / 2)
    expect(log).toEqual(['failed MUR_GROUP_PLACE_TAKEN'])
    expect(names()).not.toContain('JoinGroup')
  })

  it('gives up a heartbeat that is not answered within a quarter of the session, and sends the next one elsewhere', async () => {
    const { membership, fail, leftMs, searches } = given()
    membership.start()
    await pass(1)
    fail('Heartbeat', 'hang')
    await pass(HEARTBEAT_MS + SESSION_MS / 4 - 2)
    expect([searches(), membership.problem()]).toEqual([1, expect.stringContaining('waits for the answer')])
    await pass(HEARTBEAT_MS + 2)
    expect(searches()).toBe(2)
    expect(leftMs()).toBeGreaterThan(SESSION_MS - HEARTBEAT_MS)
    expect(membership.problem()).toBeUndefined()
  })

  it('ends, and says why, when its drain fails, in the middle of a heartbeat too', async () => {
    const { membership, fail, log, answer } = given({
      drain: async () => {
        await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS + 50))
        throw new TypeError('a defect')
      },
    })
    membership.start()
    await pass(1)
    fail('Heartbeat', 'REBALANCE_IN_PROGRESS')
    await pass(HEARTBEAT_MS + 1)
    answer('Heartbeat', () => new Promise((resolve) => setTimeout(resolve, 400)))
    await pass(3_000)
    expect(log).toEqual(['assigned 1: 2', 'drain 1', 'lost 1', 'failed a defect'])
  })

  it('counts the time in which the machine was suspended as time that has passed', async () => {
    const { membership, suspend, leftMs } = given()
    membership.start()
    await pass(1)
    suspend(SESSION_MS - 1_000)
    await pass(10)
    expect(leftMs()).toBeLessThanOrEqual(1_000)
    await pass(HEARTBEAT_MS)
    expect(leftMs()).toBeGreaterThan(SESSION_MS - HEARTBEAT_MS)
  })

  it('does not wait for a join under way beyond the drain time when it stops, and begins nothing after it', async () => {
    const { membership, fail, log } = given()
    fail('JoinGroup', 'hang')
    membership.start()
    await pass(1)
    let stopped = false
    void membership.stop().then(() => {
      stopped = true
    })
    await pass(3_000 + HEARTBEAT_MS)
    expect([stopped, log]).toEqual([true, ['released']])
  })
})

/** What a leader shares out that knows `count` partitions; without a count: of a release that did not say. */
function shareOut(count: number | undefined, partitions: readonly number[]): { readonly memberAssignment: Buffer } {
  const userData = Buffer.from(count === undefined ? '' : JSON.stringify({ shared: { main: count } }))
  return {
    memberAssignment: AssignerProtocol.MemberAssignment.encode({
      version: 0,
      assignment: { main: [...partitions] },
      userData,
    }),
  }
}

describe('a member that gets less than it knows of', () => {
  it.each([[1], [undefined]])(
    'asks once more, with other data, when %s were shared out while it was away',
    async (count) => {
      const { membership, answer, log, sent } = given()
      answer('SyncGroup', () => {
        const joins = sent.filter(({ name }) => name === 'JoinGroup').length
        return joins === 1 ? shareOut(count, [0]) : shareOut(2, [0, 1])
      })
      membership.start()
      await pass(1_000)
      expect(log).toEqual(['assigned 1: 2'])
      const joins = sent.filter(({ name }) => name === 'JoinGroup').map(({ input }) => input)
      expect(joins.map(({ memberId }) => memberId)).toEqual(['', 'm0-1'])
      expect(JSON.stringify(joins[1]?.groupProtocols)).not.toBe(JSON.stringify(joins[0]?.groupProtocols))
    },
  )

  it('does not make the group rebalance when it hears late of what was shared out already', async () => {
    const { membership, answer, log, setPartitions } = given()
    answer('SyncGroup', () => shareOut(4, [0, 2]))
    membership.start()
    await pass(1_000)
    setPartitions('main', 4)
    await pass(5_000)
    expect(log).toEqual(['assigned 1: 2'])
    setPartitions('main', 5)
    await pass(HEARTBEAT_MS)
    expect(log[1]).toBe('drain 1')
  })

  it('takes what it gets when a leader knows no better, and asks again only when it knows of more', async () => {
    const { membership, answer, log, names, setPartitions, fail } = given()
    answer('SyncGroup', () => shareOut(1, [0]))
    const joins = () => names().filter((name) => name === 'JoinGroup').length
    membership.start()
    await pass(60_000)
    expect([log, joins()]).toEqual([['assigned 1: 1'], 2])
    fail('Heartbeat', 'REBALANCE_IN_PROGRESS')
    await pass(60_000)
    expect([log.length, joins()]).toEqual([4, 3])
    setPartitions('main', 3)
    await pass(60_000)
    // It joins because it has noticed, and once more because that brought nothing.
    expect([log.length, joins()]).toEqual([7, 5])
  })
})
