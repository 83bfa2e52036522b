import type { Conversation } from '@murmuration/schemas'
import type { Version } from './version.ts'
import { compareVersions } from './version.ts'

const RANKS: Readonly<Record<Conversation['type'], number>> = {
  'conversation.created': 0, // its first state, whatever its clock says
  'conversation.updated': 1,
  'conversation.deleted': 2, // absorbs: a late update does not bring it back
}

/** Stored beside the state, so that PostgreSQL can compare: changing a rank needs a migration. */
export function conversationRank(type: Conversation['type']): number {
  return RANKS[type]
}

/** Above 0 when `a` is the one to show. */
export function compareConversations(
  a: Version & Pick<Conversation, 'type'>,
  b: Version & Pick<Conversation, 'type'>,
): number {
  return conversationRank(a.type) - conversationRank(b.type) || compareVersions(a, b)
}
