import { AssignerProtocol } from 'kafkajs'
import { assignPartitions, type CountedTopic, type MemberShare } from './assign-partitions.ts'
import type { CommittedOffset, TopicPartition } from './group-source.ts'
import type { BrokerHandle } from './kafkajs-requests.ts'
import { decodeShared, encodeShared, type SharedCounts } from './shared-counts.ts'

/** The name under which members agree on how partitions are shared out; another way needs another name. */
const PROTOCOL = 'murmuration-equal-numbers'

/** Who asks: a member of a group. */
export interface MemberIdentity {
  readonly groupId: string
  /** Stable over restarts: Kafka's group.instance.id. */
  readonly clientId: string
}

/** A member as the group knows it at present. */
export interface GroupMember extends MemberIdentity {
  /** Empty before the group gave one. */
  readonly memberId: string
  readonly generationId: number
}

/** What a join brought. */
export interface Joined {
  readonly memberId: string
  readonly generationId: number
  readonly isLeader: boolean
  /** Only the leader is told. */
  readonly members: readonly { readonly memberId: string; readonly groupInstanceId: string | null }[]
}

/** A group as others see it. */
export interface DescribedGroup {
  /** Everybody has a share, and who is not heard for a session is given up. */
  readonly isStable: boolean
  readonly members: readonly DescribedMember[]
}

/** A member as others see it. */
export interface DescribedMember {
  readonly memberId: string
  readonly clientId: string
  /** Where it is, as the broker sees it. */
  readonly host: string
  /** What it joined with; undefined while the group rebalances, or when it said nothing. */
  readonly machine: string | undefined
}

/** Who is in a group. @throws the client's own errors */
export async function describeGroup(broker: BrokerHandle, groupId: string): Promise<DescribedGroup> {
  const { groups } = (await broker.send('DescribeGroups', { groupIds: [groupId] })) as {
    readonly groups: readonly {
      readonly state: string
      readonly members: readonly {
        readonly memberId: string
        readonly clientId: string
        readonly clientHost: string
        readonly memberMetadata: Buffer
      }[]
    }[]
  }
  return {
    isStable: groups.every(({ state }) => state === 'Stable'),
    members: groups.flatMap(({ members }) =>
      members.map(({ memberId, clientId, clientHost, memberMetadata }) => ({
        memberId,
        clientId,
        host: clientHost.replace(/^\//, ''),
        machine: readMachine(memberMetadata),
      })),
    ),
  }
}

function readMachine(metadata: Buffer): string | undefined {
  const text = metadata.length === 0 ? '' : AssignerProtocol.MemberMetadata.decode(metadata)?.userData.toString()
  try {
    return (JSON.parse(text ?? '') as Partial<UserData>).machine
  } catch {
    return undefined
  }
}

/** What a member tells besides its topics. */
interface UserData {
  readonly machine: string | undefined
  /** Nobody reads it. A member that is known and joins with other data makes the group rebalance: that is how growth is told. */
  readonly partitions: readonly number[]
  /** Nobody reads it either: see `ShareRequest`. */
  readonly nonce: string | undefined
}

/** How much longer than a rebalance the answer to a join may take, ms. */
const ANSWER_MS = 5_000

/** Joins, and waits until everybody else has joined. @throws the client's own errors */
export async function joinGroup(
  broker: BrokerHandle,
  member: MemberIdentity & { readonly memberId: string },
  input: {
    readonly machine: string | undefined
    readonly topics: readonly CountedTopic[]
    readonly nonce: string | undefined
    readonly sessionTimeoutMs: number
    readonly rebalanceTimeoutMs: number
  },
): Promise<Joined> {
  const { machine, topics, nonce, rebalanceTimeoutMs } = input
  const userData: UserData = { machine, partitions: topics.map(({ partitions }) => partitions), nonce }
  const metadata = AssignerProtocol.MemberMetadata.encode({
    version: 0,
    topics: topics.map(({ topic }) => topic),
    userData: Buffer.from(JSON.stringify(userData)),
  })
  const request = {
    groupId: member.groupId,
    memberId: member.memberId,
    groupInstanceId: member.clientId,
    sessionTimeout: input.sessionTimeoutMs,
    rebalanceTimeout: rebalanceTimeoutMs,
    protocolType: 'consumer',
    groupProtocols: [{ name: PROTOCOL, metadata }],
  }
  const answer = (await broker.send('JoinGroup', request, { timeoutMs: rebalanceTimeoutMs + ANSWER_MS })) as {
    readonly memberId: string
    readonly leaderId: string
    readonly generationId: number
    readonly members: Joined['members']
  }
  const { memberId, leaderId, generationId, members } = answer
  return { memberId, generationId, members, isLeader: memberId === leaderId }
}

/** A member's share, and what was shared out; undefined when the leader did not say. */
export interface SyncedShare {
  readonly partitions: readonly TopicPartition[]
  readonly shared: SharedCounts | undefined
}

/** Hands in what the leader decided, and learns one's own share. @throws the client's own errors */
export async function syncGroup(
  broker: BrokerHandle,
  member: MemberIdentity,
  input: { readonly joined: Joined; readonly topics: readonly CountedTopic[]; readonly timeoutMs: number },
): Promise<SyncedShare> {
  const { memberId, generationId } = input.joined
  const answer = (await broker.send(
    'SyncGroup',
    {
      groupId: member.groupId,
      groupInstanceId: member.clientId,
      memberId,
      generationId,
      groupAssignment: input.joined.isLeader ? encodeShares(input.joined.members, input.topics) : [],
    },
    { timeoutMs: input.timeoutMs },
  )) as { readonly memberAssignment: Buffer }
  const decoded = AssignerProtocol.MemberAssignment.decode(answer.memberAssignment)
  const partitions = Object.entries(decoded?.assignment ?? {}).flatMap(([topic, numbers]) =>
    numbers.map((partition) => ({ topic, partition })),
  )
  return { partitions, shared: decodeShared(decoded?.userData) }
}

function encodeShares(members: Joined['members'], topics: readonly CountedTopic[]) {
  const idOf = ({ memberId, groupInstanceId }: Joined['members'][number]) => groupInstanceId ?? memberId
  const shares = assignPartitions(members.map(idOf), topics)
  const userData = encodeShared(topics)
  return members.map((member) => ({
    memberId: member.memberId,
    memberAssignment: AssignerProtocol.MemberAssignment.encode({
      version: 0,
      assignment: toLists(shares.get(idOf(member))),
      userData,
    }),
  }))
}

function toLists(share: MemberShare = {}): Record<string, number[]> {
  return Object.fromEntries(Object.entries(share).map(([topic, partitions]) => [topic, [...partitions]]))
}

/** Says that the member is alive. @throws the client's own errors; REBALANCE_IN_PROGRESS says that it was heard all the same */
export async function sendHeartbeat(
  broker: BrokerHandle,
  member: GroupMember,
  input: { readonly timeoutMs: number },
): Promise<void> {
  const { groupId, clientId, memberId, generationId } = member
  const request = { groupId, groupInstanceId: clientId, memberId, groupGenerationId: generationId }
  await broker.send('Heartbeat', request, { timeoutMs: input.timeoutMs })
}

/** Leaves for good, so that the others need not wait for the session to end. @throws the client's own errors */
export async function leaveGroup(
  broker: BrokerHandle,
  member: MemberIdentity & { readonly memberId: string },
): Promise<void> {
  const { groupId, clientId, memberId } = member
  await broker.send('LeaveGroup', { groupId, memberId, groupInstanceId: clientId })
}

/** Commits in one request, tried once. @throws the client's own errors */
export async function commitOffsets(
  broker: BrokerHandle,
  member: GroupMember,
  input: { readonly offsets: readonly CommittedOffset[]; readonly timeoutMs: number },
): Promise<void> {
  const { groupId, memberId, generationId } = member
  const topics = [...Map.groupBy(input.offsets, ({ topic }) => topic)].map(([topic, list]) => ({
    topic,
    partitions: list.map(({ partition, offset, metadata }) => ({ partition, offset: String(offset), metadata })),
  }))
  const request = { groupId, memberId, groupGenerationId: generationId, topics }
  await broker.send('OffsetCommit', request, { timeoutMs: input.timeoutMs })
}

/** What the group has committed of partitions; nothing for those of which it never did. @throws the client's own errors */
export async function fetchCommitted(
  broker: BrokerHandle,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<readonly CommittedOffset[]> {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, list]) => ({
    topic,
    partitions: list.map(({ partition }) => ({ partition })),
  }))
  const answer = (await broker.send('OffsetFetch', { groupId, topics })) as {
    readonly responses: readonly {
      readonly topic: string
      readonly partitions: readonly {
        readonly partition: number
        readonly offset: string
        readonly metadata: string | null
      }[]
    }[]
  }
  return answer.responses.flatMap(({ topic, partitions }) =>
    partitions.flatMap(({ partition, offset, metadata }) =>
      Number(offset) < 0 ? [] : [{ topic, partition, offset: Number(offset), metadata: metadata ?? '' }],
    ),
  )
}
