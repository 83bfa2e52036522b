import type { HandleResult } from '@murmuration/consumer'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CrmAdapter, CrmEvent } from '../crm-adapter.ts'
import { busyDay, conversation, message, minute, status } from './conformance-events.ts'
import type { CrmState } from './conformance-state.ts'
import { busyDayState } from './conformance-state.ts'

export interface Subject {
  readonly adapter: CrmAdapter
  readState(): Promise<CrmState>
  /** Everything stored that does not tell when or in which copy it came: must not depend on the order either. */
  readAll(): Promise<unknown>
  /** Forgets everything. */
  reset(): Promise<void>
  close(): Promise<void>
}

/**
 * The contract of a CrmAdapter, as tests. Every adapter's own test calls it.
 *
 * @param input.shuffles orders tried for invariant I11; each applies about 45 events
 */
export function describeCrmAdapter(
  name: string,
  input: { readonly open: () => Promise<Subject>; readonly shuffles: number },
): void {
  describe(`${name} as a CrmAdapter`, () => {
    let subject: Subject
    beforeAll(async () => {
      subject = await input.open()
    })
    beforeEach(() => subject.reset())
    afterAll(() => subject.close())
    testRepeats(() => subject)
    testContents(() => subject)
    testStatuses(() => subject)
    testOrder(() => subject, input.shuffles)
  })
}

function apply({ adapter }: Subject, event: CrmEvent): Promise<HandleResult> {
  const context = { signal: new AbortController().signal }
  if ('conversationId' in event && 'participants' in event) return adapter.applyConversation(event, context)
  return 'status' in event ? adapter.applyStatus(event, context) : adapter.applyMessage(event as never, context)
}

async function applyAll(subject: Subject, events: readonly CrmEvent[]): Promise<CrmState> {
  for (const event of events) await apply(subject, event)
  return subject.readState()
}

function testRepeats(subject: () => Subject): void {
  it('applies an event once and skips its exact repeat as a duplicate', async () => {
    for (const event of [
      message({ messageId: 'm1', occurredAt: minute(1) }),
      status({ messageId: 'm1', status: 'sent', occurredAt: minute(1) }),
      conversation({ conversationId: 'v1', type: 'conversation.created', occurredAt: minute(1) }),
    ]) {
      expect(await apply(subject(), event)).toEqual({ kind: 'done' })
      expect(await apply(subject(), { ...event, rawRef: 'another copy', receivedAt: minute(60) })).toEqual({
        kind: 'skip',
        reason: 'duplicate',
      })
    }
  })

  it('applies one of two copies that come at the same time', async () => {
    const event = message({ messageId: 'm1', occurredAt: minute(1), identifierValue: '+570000000001' })
    const results = await Promise.all([apply(subject(), event), apply(subject(), event)])
    expect(results.map((result) => result.kind).sort()).toEqual(['done', 'skip'])
  })

  it('writes nothing once the partition is lost', async () => {
    const context = { signal: AbortSignal.abort(new Error('partition lost')) }
    const event = message({ messageId: 'm1', occurredAt: minute(1) })
    await expect(subject().adapter.applyMessage(event, context)).rejects.toThrow('partition lost')
    expect((await subject().readState()).messages).toEqual([])
    expect(await apply(subject(), event)).toEqual({ kind: 'done' })
  })
}

function testContents(subject: () => Subject): void {
  it('has the contact as the receiver of an outbound message', async () => {
    const { contacts, messages } = await applyAll(subject(), [
      message({ messageId: 'm1', occurredAt: minute(1), type: 'message.outbound', contactName: 'A Name' }),
    ])
    expect(messages).toMatchObject([{ messageId: 'm1', direction: 'outbound', contactKey: 'c1' }])
    expect(contacts).toMatchObject([{ contactKey: 'c1', name: 'A Name' }])
  })

  it('keeps a name that a newer message does not repeat', async () => {
    const { contacts } = await applyAll(subject(), [
      message({ messageId: 'm1', occurredAt: minute(1), contactName: 'A Name' }),
      message({ messageId: 'm2', occurredAt: minute(2) }),
    ])
    expect(contacts).toEqual([
      { contactKey: 'c1', identifier: null, name: 'A Name', firstSeenAt: minute(1), lastSeenAt: minute(2) },
    ])
  })

  it('makes no contact of a message that names nobody', async () => {
    const { contacts, messages } = await applyAll(subject(), [
      message({ messageId: 'm1', occurredAt: minute(1), contactKey: 'm1', keyBasis: 'message-id' }),
    ])
    expect(contacts).toEqual([])
    expect(messages).toHaveLength(1)
  })

  it('shows the newest revision of a message, and only its files', async () => {
    const file = (url: string) => ({ url, kind: 'image', contentType: null, filename: null, animated: null })
    const { messages } = await applyAll(subject(), [
      message({ messageId: 'm1', occurredAt: minute(1), contentHash: 'b', text: 'new', media: [file('u3')] }),
      message({
        messageId: 'm1',
        occurredAt: minute(1),
        contentHash: 'a',
        text: 'old',
        media: [file('u1'), file('u2')],
      }),
    ])
    expect(messages).toMatchObject([{ text: 'new', media: ['u3'] }])
  })

  it('takes what no database likes: NUL, half an emoji, JSON that is none, a clock beyond all years', async () => {
    const nasty = { text: 'a\0b\uD83D', meta: '{"k":"\\u0000\\\\u0000\\ud83d"}', unmappedBody: '{"broken' }
    expect(
      await apply(subject(), message({ messageId: 'm\0', occurredAt: Number.MAX_SAFE_INTEGER, ...nasty })),
    ).toEqual({ kind: 'done' })
  })
}

function testStatuses(subject: () => Subject): void {
  it('takes a status before its message', async () => {
    const state = await applyAll(subject(), [
      status({ messageId: 'm1', status: 'delivered', occurredAt: minute(2) }),
      message({ messageId: 'm1', occurredAt: minute(1), type: 'message.outbound' }),
    ])
    expect(state.statuses).toEqual([{ messageId: 'm1', status: 'delivered', reason: null }])
    expect(state.messages).toHaveLength(1)
  })

  it('moves a status forward only, and keeps all of them in the history', async () => {
    const state = await applyAll(subject(), [
      status({ messageId: 'm1', status: 'read', occurredAt: minute(3), type: 'message.interaction' }),
      status({ messageId: 'm1', status: 'sent', occurredAt: minute(4) }),
      status({ messageId: 'm1', status: 'never-heard-of', occurredAt: minute(5) }),
    ])
    expect(state.statuses).toMatchObject([{ status: 'read' }])
    expect(state.history).toEqual(['m1 never-heard-of a', 'm1 read a', 'm1 sent a'])
  })

  it('lets a failure win over delivered and read, whichever comes first', async () => {
    const good = status({ messageId: 'm1', status: 'read', occurredAt: minute(9), type: 'message.interaction' })
    const bad = status({ messageId: 'm1', status: 'delivery_failed', occurredAt: minute(1), reason: 'why' })
    const expected = [{ messageId: 'm1', status: 'delivery_failed', reason: 'why' }]
    expect((await applyAll(subject(), [good, bad])).statuses).toEqual(expected)
    await subject().reset()
    expect((await applyAll(subject(), [bad, good])).statuses).toEqual(expected)
  })

  it('keeps a conversation deleted when an update comes late', async () => {
    const { conversations } = await applyAll(subject(), [
      conversation({ conversationId: 'v1', type: 'conversation.deleted', occurredAt: minute(1) }),
      conversation({ conversationId: 'v1', type: 'conversation.updated', occurredAt: minute(2), name: 'late' }),
    ])
    expect(conversations).toEqual([{ conversationId: 'v1', deleted: true, name: null }])
  })
}

function testOrder(subject: () => Subject, shuffles: number): void {
  /** Every event once, half of them twice, in any order. */
  const arrivals = fc
    .subarray([...busyDay], { minLength: 15, maxLength: 15 })
    .chain((repeats) => fc.shuffledSubarray([...busyDay, ...repeats], { minLength: busyDay.length + repeats.length }))

  it(`I11: ends in the same state in ${shuffles} orders of the same events, with repeats`, async () => {
    await applyAll(subject(), busyDay)
    const expected = await subject().readAll()
    const sameState = fc.asyncProperty(arrivals, async (events) => {
      await subject().reset()
      await applyAll(subject(), events)
      expect(await subject().readAll()).toEqual(expected)
    })
    await fc.assert(sameState, { numRuns: shuffles })
  }, 120_000)

  it('I11: ends in the same state when all of them come at once', async () => {
    await applyAll(subject(), busyDay)
    const expected = await subject().readAll()
    const sameState = fc.asyncProperty(arrivals, async (events) => {
      await subject().reset()
      await Promise.all(events.map((event) => apply(subject(), event)))
      expect(await subject().readAll()).toEqual(expected)
    })
    await fc.assert(sameState, { numRuns: Math.ceil(shuffles / 4) })
  }, 120_000)

  it('ends a busy day in the state that people would expect', async () => {
    expect(await applyAll(subject(), busyDay)).toEqual(busyDayState)
  })
}
