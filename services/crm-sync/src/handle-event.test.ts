import { describe, expect, it } from 'vitest'
import { conversation, message, minute, status } from './adapters/conformance-events.ts'
import type { CrmAdapter, CrmEvent } from './crm-adapter.ts'
import { DONE } from './crm-adapter.ts'
import { createHandleEvent } from './handle-event.ts'

function createRecordingAdapter() {
  const calls: string[] = []
  const record = (name: string) => async (event: CrmEvent) => {
    calls.push(`${name} ${event.type}`)
    return DONE
  }
  const adapter: CrmAdapter = {
    name: 'recording',
    idempotent: true,
    applyMessage: record('message'),
    applyStatus: record('status'),
    applyConversation: record('conversation'),
    check: async () => {},
    close: async () => {},
  }
  return { adapter, calls }
}

function contextWith(signal: AbortSignal) {
  return { topic: 't', partition: 0, offset: 0, attempt: 1, signal, assertHeld: () => undefined }
}

const at = { messageId: 'm1', occurredAt: minute(1) }
const live = contextWith(new AbortController().signal)

describe('createHandleEvent', () => {
  it('hands each type to the part of the adapter that keeps it', async () => {
    const { adapter, calls } = createRecordingAdapter()
    const handle = createHandleEvent(adapter)
    const events: CrmEvent[] = [
      message({ ...at, type: 'message.inbound' }),
      message({ ...at, type: 'message.outbound' }),
      status({ ...at, type: 'message.status', status: 'sent' }),
      status({ ...at, type: 'message.interaction', status: 'read' }),
      conversation({ conversationId: 'v1', occurredAt: minute(1), type: 'conversation.created' }),
      conversation({ conversationId: 'v1', occurredAt: minute(1), type: 'conversation.updated' }),
      conversation({ conversationId: 'v1', occurredAt: minute(1), type: 'conversation.deleted' }),
    ]
    for (const event of events) expect(await handle(event, live)).toEqual({ kind: 'done' })
    expect(calls).toEqual([
      'message message.inbound',
      'message message.outbound',
      'status message.status',
      'status message.interaction',
      'conversation conversation.created',
      'conversation conversation.updated',
      'conversation conversation.deleted',
    ])
  })

  it('skips a type that a newer writer invented, without asking the adapter', async () => {
    const { adapter, calls } = createRecordingAdapter()
    const event = { ...message(at), type: 'message.reaction' as never }
    expect(await createHandleEvent(adapter)(event, live)).toEqual({ kind: 'skip', reason: 'unknown-type' })
    expect(calls).toEqual([])
  })

  it('gives up before the effect when the partition is lost', async () => {
    const { adapter, calls } = createRecordingAdapter()
    const lost = contextWith(AbortSignal.abort(new Error('partition lost')))
    await expect(createHandleEvent(adapter)(message(at), lost)).rejects.toThrow('partition lost')
    expect(calls).toEqual([])
  })
})
