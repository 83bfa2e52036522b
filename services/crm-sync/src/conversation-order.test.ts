import { describe, expect, it } from 'vitest'
import { compareConversations } from './conversation-order.ts'

const base = { eventId: 'e', contentHash: 'a' }

describe('compareConversations', () => {
  it('prefers an update over the creation, whatever their clocks say', () => {
    const created = { ...base, type: 'conversation.created', occurredAt: 9 } as const
    const updated = { ...base, type: 'conversation.updated', occurredAt: 1 } as const
    expect(compareConversations(updated, created)).toBeGreaterThan(0)
  })

  it('prefers a deletion over every update', () => {
    const updated = { ...base, type: 'conversation.updated', occurredAt: 9 } as const
    const deleted = { ...base, type: 'conversation.deleted', occurredAt: 1 } as const
    expect(compareConversations(deleted, updated)).toBeGreaterThan(0)
  })

  it('breaks ties of the clock by id, then by content', () => {
    const one = { ...base, type: 'conversation.updated', occurredAt: 1 } as const
    expect(compareConversations({ ...one, eventId: 'f' }, { ...one, contentHash: 'b' })).toBeGreaterThan(0)
    expect(compareConversations({ ...one, contentHash: 'b' }, one)).toBeGreaterThan(0)
    expect(compareConversations(one, one)).toBe(0)
  })
})
