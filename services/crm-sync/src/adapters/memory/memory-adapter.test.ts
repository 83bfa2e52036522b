import type { CrmEvent } from '../../crm-adapter.ts'
import type { Subject } from '../conformance.ts'
import { describeCrmAdapter } from '../conformance.ts'
import type { CrmState } from '../conformance-state.ts'
import type { MemoryCrm } from './index.ts'
import { createMemoryAdapter, createMemoryCrm } from './index.ts'

describeCrmAdapter('memory', { open: openMemory, shuffles: 1_000 })

async function openMemory(): Promise<Subject> {
  const crm = createMemoryCrm()
  return {
    adapter: createMemoryAdapter(crm),
    readState: async () => toState(crm),
    readAll: async () => toState(crm),
    reset: async () => {
      for (const map of Object.values(crm)) map.clear()
    },
    close: async () => {},
  }
}

function toState(crm: MemoryCrm): CrmState {
  return {
    contacts: sorted([...crm.contacts.entries()], ([key]) => key).map(([contactKey, contact]) => ({
      contactKey,
      identifier: contact.identified?.identifierValue ?? null,
      name: contact.named?.contactName ?? null,
      firstSeenAt: contact.firstSeenAt,
      lastSeenAt: contact.lastSeenAt,
    })),
    messages: sorted([...crm.messages.values()], (event) => event.messageId).map((event) => ({
      messageId: event.messageId,
      direction: event.type === 'message.inbound' ? 'inbound' : 'outbound',
      contactKey: event.contactKey,
      text: event.text,
      media: event.media.map((file) => file.url),
    })),
    statuses: sorted([...crm.statuses.values()], (event) => event.messageId).map((event) => ({
      messageId: event.messageId,
      status: event.status,
      reason: event.reason,
    })),
    history: [...crm.applied.values()].flatMap(toHistory).sort(),
    conversations: sorted([...crm.conversations.values()], (event) => event.conversationId).map((event) => ({
      conversationId: event.conversationId,
      deleted: event.type === 'conversation.deleted',
      name: event.name,
    })),
  }
}

function toHistory(event: CrmEvent): readonly string[] {
  const isStatus = event.type === 'message.status' || event.type === 'message.interaction'
  return isStatus ? [`${event.messageId} ${event.status} ${event.contentHash}`] : []
}

function sorted<T>(items: readonly T[], idOf: (item: T) => string): readonly T[] {
  return items.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1))
}
