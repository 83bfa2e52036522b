import type { HandleEvent } from '@murmuration/consumer'
import type { Message } from '@murmuration/schemas'

/** Where the events take effect. */
export interface Sink {
  /**
   * Applies an event. Idempotent: after a crash the last events of a key come again, in order.
   *
   * @throws {PipelineError} whose disposition says what becomes of the record; anything else is retried within the plan
   */
  apply(event: Message, options: { readonly signal: AbortSignal }): Promise<void>
}

/** Applies each event at the sink; skips what a newer writer has invented, as `unknown-type`. */
export function createHandleEvent(sink: Sink): HandleEvent<Message> {
  return async (event, { signal }) => {
    signal.throwIfAborted()
    switch (event.type) {
      case 'message.inbound':
      case 'message.outbound':
        await sink.apply(event, { signal })
        return { kind: 'done' }
      default:
        // A type that is added to the schema stops compiling here; one that a newer writer sends is skipped.
        event.type satisfies never
        return { kind: 'skip', reason: 'unknown-type' }
    }
  }
}
