import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '@murmuration/config'
import type { HandlerContext } from '@murmuration/consumer'
import { createFileStore, type ObjectStore } from '@murmuration/objects'
import { createGuardedClient } from '@murmuration/outbound'
import type { MediaAsset, Message } from '@murmuration/schemas'
import {
  type BirdMediaHost,
  createFakeClock,
  type FakeClock,
  type HostedMedia,
  startBirdMediaHost,
} from '@murmuration/testkit'
import { createHandleEvent, type HandleEventDeps } from './handle-event.ts'

/** The whole service but Kafka: a real media host, real HTTP, a real directory. */
export interface Processor {
  readonly host: BirdMediaHost
  readonly clock: FakeClock
  readonly store: ObjectStore
  readonly published: readonly { readonly key: string; readonly event: MediaAsset }[]
  readonly counts: readonly (readonly [name: string, labels: object, by: number])[]
  handle(message: Message, changes?: Partial<HandleEventDeps> & { readonly signal?: AbortSignal }): Promise<unknown>
  /** Every file under the store's directory, unfinished ones too. */
  files(): Promise<readonly string[]>
  close(): Promise<void>
}

export async function startProcessor(media: Readonly<Record<string, HostedMedia>>): Promise<Processor> {
  const clock = createFakeClock()
  const host = await startBirdMediaHost({ accessKey: 'right', media, now: clock.now })
  const dir = await mkdtemp(join(tmpdir(), 'murmuration-media-'))
  const store = await createFileStore({ dir })
  const privateHosts = [new URL(host.url).host, new URL(host.storageUrl).host]
  const client = createGuardedClient({ allowedHosts: ['media.example'], privateHosts })
  const published: { readonly key: string; readonly event: MediaAsset }[] = []
  const counts: [string, object, number][] = []
  const deps: HandleEventDeps = {
    client,
    store,
    accessKey: new Secret('right'),
    maxBytes: 100_000_000,
    now: clock.now,
    deadline: () => new AbortController().signal,
    publishAssets: async (assets) => void published.push(...assets),
    metrics: { count: (name, labels, by = 1) => void counts.push([name, labels, by]) },
  }
  return {
    host,
    clock,
    store,
    published,
    counts,
    handle: (message, { signal = new AbortController().signal, ...changes } = {}) => {
      const context: HandlerContext = {
        topic: 'bird.messages.v1',
        partition: 0,
        offset: 0,
        attempt: 1,
        signal,
        assertHeld: () => undefined,
      }
      return createHandleEvent({ ...deps, ...changes })(message, context)
    },
    files: async () =>
      (await readdir(dir, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name),
    close: async () => {
      await client.close()
      await host.close()
      await rm(dir, { recursive: true })
    },
  }
}
