import { describe, expect, it } from 'vitest'
import { toConversation } from './to-conversation.ts'
import { context } from './webhook.fixture.ts'

const input = { type: 'conversation.updated', conversationId: 'cv-1' } as const
const payload = {
  id: 'cv-1',
  name: '',
  status: 'active',
  channelId: 'ch-1',
  featuredParticipants: [
    { id: 'b-1', type: 'bot', displayName: 'multimodal' },
    { id: 'c-1', type: 'contact', status: 'active', contact: { identifierKey: 'phonenumber', identifierValue: '+31' } },
  ],
  lastMessage: { id: 'm-9', type: 'text', status: 'sent', sender: { type: 'bot' }, preview: { text: 'Hi' } },
  attributes: { typingStatus: 'end', llmbotIds: 'b-2, b-1' },
  updatedAt: '2025-12-13T09:30:05.000Z',
}

describe('toConversation', () => {
  it('maps the state that Bird sent', () => {
    expect(toConversation(payload, context, input)).toMatchObject({
      eventId: '1:ws:conversation:conversation.updated:cv-1:m-9:sent:2025-12-13T09%3A30%3A05.000Z',
      type: 'conversation.updated',
      occurredAt: 1_765_618_205_000,
      conversationId: 'cv-1',
      contactId: 'c-1',
      channelId: 'ch-1',
      name: null,
      status: 'active',
      participants: [
        { id: 'b-1', type: 'bot', status: null, displayName: 'multimodal', identifierKey: null },
        { id: 'c-1', type: 'contact', identifierKey: 'phonenumber', identifierValue: '+31' },
      ],
      botIds: ['b-2', 'b-1'],
      lastMessageId: 'm-9',
      lastMessageType: 'text',
      lastMessageStatus: 'sent',
      lastMessageSenderType: 'bot',
      lastMessagePreview: 'Hi',
      attributes: '{"llmbotIds":"b-2, b-1","typingStatus":"end"}',
    })
  })

  it('keeps different updates apart where nothing dates them', () => {
    const bare = (status: string) => toConversation({ id: 'cv-1', status }, context, input)
    expect(bare('active').eventId).toBe(`1:ws:conversation:conversation.updated:cv-1::::${bare('active').contentHash}`)
    expect(bare('active').eventId).not.toBe(bare('closed').eventId)
  })

  it.each([
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    ['["a","b"]', ['a', 'b']],
    ['a', ['a']],
    ['', []],
    [7, []],
  ])('reads the bot ids %j as %j', (llmbotIds, ids) => {
    expect(toConversation({ attributes: { llmbotIds } }, context, input).botIds).toEqual(ids)
  })

  it('reads what has the wrong type as absent', () => {
    const odd = { featuredParticipants: [null, 1, { id: 5 }], lastMessage: 'x', attributes: '', updatedAt: 5 }
    expect(toConversation(odd, context, input)).toMatchObject({
      contactId: null,
      participants: [{ id: null }, { id: null }, { id: null }],
      lastMessageId: null,
      attributes: null,
      occurredAt: context.receivedAtMs,
    })
  })

  it('keeps attributes of another shape, and a preview that is but its text', () => {
    const odd = { attributes: ['b', { a: 1 }], lastMessage: { preview: 'Hi' } }
    expect(toConversation(odd, context, input)).toMatchObject({ attributes: '["b",{"a":1}]', lastMessagePreview: 'Hi' })
  })

  it('tells two updates apart whose times are numbers', () => {
    const [one, other] = [1, 2].map((updatedAt) => toConversation({ updatedAt }, context, input).eventId)
    expect(one).not.toBe(other)
  })
})
