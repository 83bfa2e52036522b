import { describe, expect, it } from 'vitest'
import { toInteraction, toStatus } from './to-status.ts'
import { context } from './webhook.fixture.ts'

const input = { event: 'whatsapp.outbound', messageId: 'm-1', platform: 'whatsapp' }
const interaction = { event: 'whatsapp.interaction', platform: 'whatsapp' }
const failed = {
  id: 'm-1',
  channelId: 'ch-1',
  receiver: { contacts: [{ id: 'c-1' }] },
  status: 'delivery_failed',
  reason: 'unknown subscriber',
  lastStatusAt: '2025-12-13T09:30:05.000Z',
  updatedAt: '2025-12-13T09:30:06.000Z',
  reference: 'own-id',
  failure: { code: 15_005, source: { name: 'whatsapp', code: '131026' } },
}

describe('toStatus', () => {
  it('maps a failure with its reason and codes', () => {
    expect(toStatus(failed, context, input)).toMatchObject({
      eventId: '1:ws:status:whatsapp.outbound:m-1:delivery_failed:2025-12-13T09%3A30%3A05.000Z',
      type: 'message.status',
      occurredAt: 1_765_618_205_000,
      messageId: 'm-1',
      channelId: 'ch-1',
      contactId: 'c-1',
      direction: 'outbound',
      status: 'delivery_failed',
      reason: 'unknown subscriber',
      failureCode: 15_005,
      failureSource: 'whatsapp',
      failureSourceCode: '131026',
      reference: 'own-id',
    })
  })

  it('maps a status that says nothing else', () => {
    expect(toStatus({ id: 'm-1', status: 'delivered' }, context, input)).toMatchObject({
      eventId: '1:ws:status:whatsapp.outbound:m-1:delivered:',
      occurredAt: context.receivedAtMs,
      reason: null,
      failureCode: null,
    })
  })

  it('takes the time of the update where the time of the status is missing', () => {
    const status = toStatus({ ...failed, lastStatusAt: undefined }, context, input)
    expect(status?.occurredAt).toBe(1_765_618_206_000)
  })

  it.each([2 ** 31, 1.5, 'E15005', Number.POSITIVE_INFINITY])('reads the failure code %j as none', (code) => {
    expect(toStatus({ ...failed, failure: { code } }, context, input)?.failureCode).toBeNull()
  })

  it('reads a code written as text, and a failing party that is but a name', () => {
    const status = toStatus({ ...failed, failure: { code: '15005', source: 'whatsapp' } }, context, input)
    expect(status).toMatchObject({ failureCode: 15_005, failureSource: 'whatsapp', failureSourceCode: null })
  })

  it('reads a numeric code of the failing party as text', () => {
    const status = toStatus({ ...failed, failure: { source: { code: 131_026 } } }, context, input)
    expect(status?.failureSourceCode).toBe('131026')
  })

  it('gives null where no status is named', () => {
    expect(toStatus({ id: 'm-1', status: 7 }, context, input)).toBeNull()
  })
})

describe('toInteraction', () => {
  const read = { id: 'i-1', type: 'read', messageId: 'm-1', createdAt: '2025-12-13T09:31:00.000Z' }

  it('maps a read receipt to its message', () => {
    expect(toInteraction(read, context, interaction)).toMatchObject({
      eventId: '1:ws:interaction:whatsapp.interaction:read:m-1:2025-12-13T09%3A31%3A00.000Z',
      type: 'message.interaction',
      occurredAt: 1_765_618_260_000,
      messageId: 'm-1',
      interactionId: 'i-1',
      status: 'read',
      direction: 'unknown',
    })
  })

  it('gives null where kind or message is missing', () => {
    expect(toInteraction({ ...read, type: '' }, context, interaction)).toBeNull()
    expect(toInteraction({ ...read, messageId: null }, context, interaction)).toBeNull()
  })
})
