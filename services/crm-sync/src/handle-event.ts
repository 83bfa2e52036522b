import type { HandleEvent } from '@murmuration/consumer'
import type { CrmAdapter, CrmEvent } from './crm-adapter.ts'

/** Applies each event at the CRM; skips what a newer writer has invented, as `unknown-type`. */
export function createHandleEvent(adapter: CrmAdapter): HandleEvent<CrmEvent> {
  return async (event, { signal }) => {
    signal.throwIfAborted()
    switch (event.type) {
      case 'message.inbound':
      case 'message.outbound':
        return adapter.applyMessage(event, { signal })
      case 'message.status':
      case 'message.interaction':
        return adapter.applyStatus(event, { signal })
      case 'conversation.created':
      case 'conversation.updated':
      case 'conversation.deleted':
        return adapter.applyConversation(event, { signal })
      default:
        // A type that is added to a schema stops compiling here; one that a newer writer sends is skipped.
        event satisfies never
        return { kind: 'skip', reason: 'unknown-type' }
    }
  }
}
