import { minute } from './conformance-events.ts'

/** What every CRM can tell of itself. Times are epoch milliseconds; lists are sorted by id. */
export interface CrmState {
  readonly contacts: readonly {
    readonly contactKey: string
    readonly identifier: string | null
    readonly name: string | null
    readonly firstSeenAt: number
    readonly lastSeenAt: number
  }[]
  readonly messages: readonly {
    readonly messageId: string
    readonly direction: string
    readonly contactKey: string
    readonly text: string | null
    /** Addresses of its files. */
    readonly media: readonly string[]
  }[]
  readonly statuses: readonly { readonly messageId: string; readonly status: string; readonly reason: string | null }[]
  /** `message id, status, content hash` of everything reported. */
  readonly history: readonly string[]
  readonly conversations: readonly {
    readonly conversationId: string
    readonly deleted: boolean
    readonly name: string | null
  }[]
}

/** Where `busyDay` ends, in any order. */
export const busyDayState: CrmState = {
  contacts: [
    { contactKey: 'c1', identifier: '+570000000002', name: 'Tied Name', firstSeenAt: minute(1), lastSeenAt: minute(4) },
    {
      contactKey: 'c2',
      identifier: '+570000000001',
      name: 'First Name',
      firstSeenAt: minute(2),
      lastSeenAt: minute(5),
    },
    { contactKey: 'hmac', identifier: null, name: null, firstSeenAt: minute(7), lastSeenAt: minute(7) },
  ],
  messages: [
    { messageId: 'm1', direction: 'inbound', contactKey: 'c1', text: 'one, edited later', media: [] },
    { messageId: 'm2', direction: 'inbound', contactKey: 'c1', text: null, media: [] },
    { messageId: 'm3', direction: 'inbound', contactKey: 'c1', text: null, media: [] },
    { messageId: 'm4', direction: 'outbound', contactKey: 'c1', text: 'to c1', media: [] },
    { messageId: 'm5', direction: 'outbound', contactKey: 'c2', text: null, media: [] },
    { messageId: 'm6', direction: 'inbound', contactKey: 'c2', text: null, media: ['u3'] },
    { messageId: 'm7', direction: 'inbound', contactKey: 'm7', text: null, media: [] },
    { messageId: 'm8', direction: 'inbound', contactKey: 'hmac', text: null, media: [] },
  ],
  statuses: [
    { messageId: 'm4', status: 'read', reason: null },
    { messageId: 'm5', status: 'sending_failed', reason: 'tied' },
    { messageId: 'nobody-knows', status: 'accepted', reason: null },
  ],
  history: [
    'm4 accepted a',
    'm4 clicked a',
    'm4 delivered a',
    'm4 processing a',
    'm4 read a',
    'm4 sent a',
    'm5 delivered a',
    'm5 delivery_failed a',
    'm5 delivery_failed b',
    'm5 read a',
    'm5 sending_failed a',
    'm5 sent a',
    'nobody-knows accepted a',
    'nobody-knows teleported a',
  ],
  conversations: [
    { conversationId: 'v1', deleted: false, name: 'newest' },
    { conversationId: 'v2', deleted: true, name: null },
  ],
}
