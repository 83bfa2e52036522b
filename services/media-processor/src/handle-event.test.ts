import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import type { Message } from '@murmuration/schemas'
import { loadMediaSample, type MediaFault, type MediaSampleName, mediaSamples } from '@murmuration/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { messageWith } from './message.fixture.ts'
import { type Processor, startProcessor } from './processor.fixture.ts'

const samples = Object.keys(mediaSamples) as MediaSampleName[]
const pathOf = (name: MediaSampleName) => `/workspaces/w/messages/m/media/${name}`
const PATH = pathOf('image')

let processor: Processor

beforeEach(async () => {
  processor = await startProcessor(Object.fromEntries(samples.map((name) => [pathOf(name), loadMediaSample(name)])))
})

afterEach(() => processor.close())

const urlOf = (path: string) => `${processor.host.url}${path}`
const image = () => messageWith([{ url: urlOf(PATH), kind: 'image', contentType: 'image/jpeg' }])
const fault = (given: MediaFault, times = 100) => processor.host.setFault(PATH, given, { times })

async function expectUnavailable(message: Message, reason: string): Promise<void> {
  expect(await processor.handle(message)).toEqual({ kind: 'done' })
  expect(processor.published).toMatchObject([
    {
      key: message.contactKey,
      event: { type: 'media.unavailable', reason, sha256: null, bytes: null, objectKey: null },
    },
  ])
  expect(await processor.files()).toEqual([])
}

describe('files that can be had', () => {
  it.each(samples)('stores a %s byte for byte and publishes where it lies', async (name) => {
    const { bytes, contentType } = loadMediaSample(name)
    const message = messageWith([{ url: urlOf(pathOf(name)), kind: name, filename: 'name.x' }])
    expect(await processor.handle(message)).toEqual({ kind: 'done' })
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const objectKey = `sha256/${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}`
    expect(processor.published).toMatchObject([
      { event: { type: 'media.stored', sha256, bytes: bytes.length, contentType, objectKey, filename: 'name.x' } },
    ])
    expect(bytes.equals(await buffer(await processor.store.open(objectKey)))).toBe(true)
  })

  it('sends the AccessKey to Bird and neither it nor a cookie to storage', async () => {
    await processor.handle(image())
    expect(processor.host.requests()).toMatchObject([
      { leg: 'bird', authorization: 'right', status: 302 },
      { leg: 'storage', authorization: 'none', cookie: false, status: 200 },
    ])
  })

  it('takes the files of a message in order, and one that is gone stops no other', async () => {
    const paths = [pathOf('video'), '/workspaces/w/messages/m/media/gone', pathOf('audio')]
    await processor.handle(
      messageWith(
        paths.map((path) => ({ url: urlOf(path) })),
        { type: 'message.outbound' },
      ),
    )
    expect(processor.published.map(({ event }) => [event.mediaIndex, event.type])).toEqual([
      [0, 'media.stored'],
      [1, 'media.unavailable'],
      [2, 'media.stored'],
    ])
    expect(processor.counts.map(([name, labels]) => [name, labels])).toEqual([
      ['murmuration_media_files_total', { result: 'stored' }],
      ['murmuration_media_bytes_total', {}],
      ['murmuration_media_files_total', { result: 'unavailable' }],
      ['murmuration_media_files_total', { result: 'stored' }],
      ['murmuration_media_bytes_total', {}],
    ])
  })

  it('stores the same object and publishes the same event when the message comes again', async () => {
    await processor.handle(image())
    await processor.handle(image())
    expect(processor.published[1]).toEqual(processor.published[0])
    expect(await processor.files()).toHaveLength(1)
  })

  it.each([{ leg: 'storage', kind: 'slow', pauseMs: 1 } as const, { leg: 'storage', kind: 'unsized' } as const])(
    'stores a body that comes $kind',
    async (given) => {
      fault(given)
      await processor.handle(image())
      expect(processor.published).toMatchObject([{ event: { bytes: loadMediaSample('image').bytes.length } }])
    },
  )

  it('is done only when Kafka has acknowledged the asset', async () => {
    const acknowledged = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    let settled = false
    const publishAssets = () => {
      asked.resolve()
      return acknowledged.promise
    }
    const handled = processor.handle(image(), { publishAssets }).then(() => {
      settled = true
    })
    await asked.promise
    expect(settled).toBe(false)
    acknowledged.resolve()
    await handled
    expect(settled).toBe(true)
  })
})

describe('messages without work', () => {
  it('skips a message without files', async () => {
    expect(await processor.handle(messageWith([]))).toEqual({ kind: 'skip', reason: 'no-media' })
  })

  it('skips a type that a newer writer invented', async () => {
    const message = { ...image(), type: 'message.edited' } as unknown as Message
    expect(await processor.handle(message)).toEqual({ kind: 'skip', reason: 'unknown-type' })
  })
})

describe('files that can not be had: published as media.unavailable, and the message is done', () => {
  it.each([404, 410])('gone when Bird answers %i', async (status) => {
    fault({ leg: 'bird', kind: 'status', status })
    await expectUnavailable(image(), 'gone')
  })

  it('gone when storage answers 404', async () => {
    fault({ leg: 'storage', kind: 'status', status: 404 })
    await expectUnavailable(image(), 'gone')
  })

  it('gone when the medium has expired at storage (410)', async () => {
    processor.host.expire(PATH)
    await expectUnavailable(image(), 'gone')
  })

  it('refused when the host answers another 4xx', async () => {
    fault({ leg: 'bird', kind: 'status', status: 451 })
    await expectUnavailable(image(), 'refused')
  })

  it.each(['https://evil.example/x.jpg', 'http://media.example/x', 'https://10.0.0.1/x', 'http://169.254.169.254/x'])(
    'forbidden-host when the message points to %s, and the AccessKey goes nowhere',
    async (url) => {
      await expectUnavailable(messageWith([{ url }]), 'forbidden-host')
      expect(processor.host.requests()).toEqual([])
    },
  )

  it('refused when the message points to no URL at all', async () => {
    await expectUnavailable(messageWith([{ url: 'not a url' }]), 'refused')
  })

  it.each(['http://127.0.0.1:1/secret', 'https://[::1]/x', 'http://storage.example/x', 'https://169.254.169.254/'])(
    'forbidden-host when Bird redirects to %s',
    async (to) => {
      fault({ leg: 'bird', kind: 'redirect', to })
      await expectUnavailable(image(), 'forbidden-host')
    },
  )

  it('too-large, without reading the body, when the host announces more than the cap', async () => {
    const maxBytes = loadMediaSample('image').bytes.length - 1
    await processor.handle(image(), { maxBytes })
    expect(processor.published).toMatchObject([{ event: { type: 'media.unavailable', reason: 'too-large' } }])
    expect(await processor.files()).toEqual([])
  })

  it('too-large when an unannounced body passes the cap, and nothing stays behind', async () => {
    fault({ leg: 'storage', kind: 'unsized' })
    await processor.handle(image(), { maxBytes: 1_000 })
    expect(processor.published).toMatchObject([{ event: { type: 'media.unavailable', reason: 'too-large' } }])
    expect(await processor.files()).toEqual([])
  })

  it('takes a file of exactly the cap', async () => {
    await processor.handle(image(), { maxBytes: loadMediaSample('image').bytes.length })
    expect(processor.published).toMatchObject([{ event: { type: 'media.stored' } }])
  })
})
