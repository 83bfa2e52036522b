import type { HandleEvent, HandleResult } from '@murmuration/consumer'
import type { Metrics } from '@murmuration/observability'
import type { MediaAsset, Message } from '@murmuration/schemas'
import { type AcquireMediaDeps, acquireMedia } from './acquire-media.ts'
import { toAsset } from './to-asset.ts'

export interface HandleEventDeps extends AcquireMediaDeps {
  /**
   * Publishes to media.assets.v1 and resolves once Kafka has acknowledged all of them.
   * @throws {PipelineError}
   */
  readonly publishAssets: (assets: readonly { readonly key: string; readonly event: MediaAsset }[]) => Promise<void>
  readonly metrics: Pick<Metrics, 'count'>
}

/**
 * Stores the files of each message, in order, and publishes what became of each before it goes on to the next.
 *
 * A file that can't be had is a fact like any other: it is published as media.unavailable and the message is done.
 * A repeat fetches again, stores the same object and publishes the same event ids.
 */
export function createHandleEvent(deps: HandleEventDeps): HandleEvent<Message> {
  return async (message, { signal }) => {
    switch (message.type) {
      case 'message.inbound':
      case 'message.outbound':
        return handleMessage(message, { ...deps, signal })
      default:
        // A type that is added to the schema stops compiling here; one that a newer writer sends is skipped.
        message.type satisfies never
        return { kind: 'skip', reason: 'unknown-type' }
    }
  }
}

async function handleMessage(
  message: Message,
  input: HandleEventDeps & { readonly signal: AbortSignal },
): Promise<HandleResult> {
  if (message.media.length === 0) return { kind: 'skip', reason: 'no-media' }
  for (const [index, media] of message.media.entries()) {
    input.signal.throwIfAborted()
    const acquired = await acquireMedia(media.url, input)
    const event = toAsset(message, { media, index, acquired })
    await input.publishAssets([{ key: message.contactKey, event }])
    input.metrics.count('murmuration_media_files_total', { result: acquired.kind })
    if (acquired.kind === 'stored') input.metrics.count('murmuration_media_bytes_total', {}, acquired.bytes)
  }
  return { kind: 'done' }
}
