import type { HandlerContext } from '@murmuration/consumer'
import { loadExample, type Message } from '@murmuration/schemas'
import { describe, expect, it } from 'vitest'
import { createHandleEvent } from './handle-event.ts'

const event = loadExample('message') as unknown as Message

function contextWith(signal: AbortSignal): HandlerContext {
  const place = { topic: 'some.topic.v1', partition: 3, offset: 41 }
  return { ...place, attempt: 1, signal, assertHeld: () => undefined }
}

const context = contextWith(new AbortController().signal)

/** A handler whose sink keeps what it is given, and fails if told so. */
function given(failure?: Error) {
  const applied: Message[] = []
  const apply = async (one: Message) => {
    if (failure !== undefined) throw failure
    applied.push(one)
  }
  return { applied, handleEvent: createHandleEvent({ apply }) }
}

describe('example-consumer', () => {
  it('is done with an event once its sink has taken it', async () => {
    const { applied, handleEvent } = given()
    expect(await handleEvent(event, context)).toEqual({ kind: 'done' })
    expect(applied).toEqual([event])
  })

  it('passes on what its sink throws: the error says what becomes of the record', async () => {
    const failure = new Error('the sink is full')
    await expect(given(failure).handleEvent(event, context)).rejects.toBe(failure)
  })

  it('skips a type that a newer writer invented', async () => {
    const { applied, handleEvent } = given()
    const invented = { ...event, type: 'invented.later' } as unknown as Message
    expect(await handleEvent(invented, context)).toEqual({ kind: 'skip', reason: 'unknown-type' })
    expect(applied).toEqual([])
  })

  it('applies nothing when its partition was lost before the call', async () => {
    const { applied, handleEvent } = given()
    await expect(handleEvent(event, contextWith(AbortSignal.abort()))).rejects.toThrow()
    expect(applied).toEqual([])
  })
})
