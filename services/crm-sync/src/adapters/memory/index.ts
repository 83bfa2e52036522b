import type { HandleResult } from '@murmuration/consumer'
import type { Conversation, Message, MessageStatus } from '@murmuration/schemas'
import { compareConversations } from '../../conversation-order.ts'
import type { ApplyContext, CrmAdapter, CrmEvent } from '../../crm-adapter.ts'
import { DONE, DUPLICATE } from '../../crm-adapter.ts'
import { compareStatuses } from '../../status-order.ts'
import { compareVersions } from '../../version.ts'

/** What the adapter holds, by id. */
export interface MemoryCrm {
  readonly contacts: Map<string, MemoryContact>
  readonly messages: Map<string, Message>
  readonly statuses: Map<string, MessageStatus>
  readonly conversations: Map<string, Conversation>
  /** By event id and content. */
  readonly applied: Map<string, CrmEvent>
}

/** The newest message that named the person, that named an identifier, and the bounds of all. */
export interface MemoryContact {
  readonly named: Message | undefined
  readonly identified: Message | undefined
  readonly firstSeenAt: number
  readonly lastSeenAt: number
}

export function createMemoryCrm(): MemoryCrm {
  return { contacts: new Map(), messages: new Map(), statuses: new Map(), conversations: new Map(), applied: new Map() }
}

/**
 * A CRM in memory, for tests: the contract in its shortest form, made of the same decisions as the real adapters.
 * Not in the registry, since it forgets.
 */
export function createMemoryAdapter(crm: MemoryCrm): CrmAdapter {
  return {
    name: 'memory',
    idempotent: true,
    applyMessage: async (event, context) => {
      const result = applyOnce(crm, event, context)
      if (result === DUPLICATE) return result
      keepContact(crm, event)
      keepGreatest(crm.messages, event.messageId, event, compareVersions)
      return result
    },
    applyStatus: async (event, context) => {
      const result = applyOnce(crm, event, context)
      if (result === DONE) keepGreatest(crm.statuses, event.messageId, event, compareStatuses)
      return result
    },
    applyConversation: async (event, context) => {
      const result = applyOnce(crm, event, context)
      if (result === DONE) keepGreatest(crm.conversations, event.conversationId, event, compareConversations)
      return result
    },
    check: async () => {},
    close: async () => {},
  }
}

function applyOnce(crm: MemoryCrm, event: CrmEvent, { signal }: ApplyContext): HandleResult {
  signal.throwIfAborted()
  const id = JSON.stringify([event.eventId, event.contentHash])
  if (crm.applied.has(id)) return DUPLICATE
  crm.applied.set(id, event)
  return DONE
}

function keepContact({ contacts }: MemoryCrm, event: Message): void {
  if (event.keyBasis === 'message-id') return
  const old = contacts.get(event.contactKey)
  contacts.set(event.contactKey, {
    named: event.contactName === null ? old?.named : newest(old?.named, event),
    identified: event.identifierValue === null ? old?.identified : newest(old?.identified, event),
    firstSeenAt: Math.min(old?.firstSeenAt ?? event.occurredAt, event.occurredAt),
    lastSeenAt: Math.max(old?.lastSeenAt ?? event.occurredAt, event.occurredAt),
  })
}

function newest(old: Message | undefined, event: Message): Message {
  return old === undefined || compareVersions(event, old) > 0 ? event : old
}

function keepGreatest<T>(map: Map<string, T>, key: string, value: T, compare: (a: T, b: T) => number): void {
  const old = map.get(key)
  if (old === undefined || compare(value, old) > 0) map.set(key, value)
}
