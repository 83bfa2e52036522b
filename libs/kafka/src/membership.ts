import type { Logger } from '@murmuration/observability'
import type { GroupMember, MemberIdentity } from './group-coordinator.ts'
import type { LeaseClocks } from './group-lease.ts'
import type { TopicPartition } from './group-source.ts'
import type { BrokerHandle } from './kafkajs-requests.ts'
import type { AcquireMachineLock } from './machine-lock.ts'

/** A membership that stands, in one assignment. */
export interface CurrentMember extends GroupMember {
  readonly epoch: number
}

/** What becomes of the membership. They return at once, but for `drain`; what they throw ends the membership. */
export interface MembershipEvents {
  assigned(member: CurrentMember, partitions: readonly TopicPartition[]): void
  drain(epoch: number): Promise<void>
  lost(epoch: number): void
  failed(error: Error): void
}

/** How a member behaves. */
export interface MembershipOptions extends MemberIdentity, LeaseClocks {
  readonly topics: readonly string[]
  readonly sessionTimeoutMs: number
  /** Longest wait for a drain, ms. */
  readonly drainMs: number
  readonly acquireLock: AcquireMachineLock
  readonly logger: Logger
}

/** One member's place in its group. */
export interface Membership {
  /** Joins, and joins again whenever it has to, until `stop` or for good reason. */
  start(): void
  current(): CurrentMember | undefined
  /** The broker that keeps the group. @throws the client's own errors */
  coordinator(): Promise<BrokerHandle>
  /** Until when the group certainly has not given this member up, by `nowMs`; 0 while nothing is assigned. */
  heardUntilMs(): number
  problem(): string | undefined
  /** Ends the membership for good; calls that are under way still get their drain. */
  fail(error: unknown): void
  /** Drains, leaves, and gives its place free, which it keeps after a failure until then. A join under way is not waited for beyond the drain time. */
  stop(): Promise<void>
}
