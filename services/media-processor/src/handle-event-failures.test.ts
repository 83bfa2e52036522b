import { Secret } from '@murmuration/config'
import { ObjectStoreFailedError } from '@murmuration/objects'
import { createGuardedClient } from '@murmuration/outbound'
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
const legs = () => processor.host.requests().map(({ leg, status }) => `${leg} ${status}`)
const fault = (given: MediaFault, times = 100) => processor.host.setFault(PATH, given, { times })

async function expectRejected(changes: Parameters<Processor['handle']>[1], wanted: object): Promise<void> {
  await expect(processor.handle(image(), changes)).rejects.toMatchObject(wanted)
  expect(processor.published).toEqual([])
  expect(await processor.files()).toEqual([])
}

describe('presigned URLs', () => {
  it('asks Bird again when storage answers 403', async () => {
    fault({ leg: 'storage', kind: 'status', status: 403 }, 2)
    await processor.handle(image())
    expect(legs()).toEqual(['bird 302', 'storage 403', 'bird 302', 'storage 403', 'bird 302', 'storage 200'])
    expect(processor.published).toMatchObject([{ event: { type: 'media.stored' } }])
  })

  it('retries later when three presigned URLs in a row have expired', async () => {
    processor.host.setPresignedLife(-1_000)
    await expectRejected({}, { code: 'MUR_MEDIA_UNAVAILABLE', disposition: 'retry' })
    expect(legs()).toHaveLength(6)
  })
})

describe('failures of the host', () => {
  it('waits (MUR_MEDIA_CREDENTIALS) when Bird refuses our key', async () => {
    const wanted = { code: 'MUR_MEDIA_CREDENTIALS', disposition: 'wait', message: expect.not.stringContaining('wrong') }
    await expectRejected({ accessKey: new Secret('wrong') }, wanted)
  })

  it.each([403, 408, 429, 500, 502, 503])('retries when Bird answers %i', async (status) => {
    fault({ leg: 'bird', kind: 'status', status })
    await expectRejected({}, { code: 'MUR_MEDIA_UNAVAILABLE', disposition: 'retry', retryAfterMs: undefined })
  })

  it.each([429, 500, 503])('retries when storage answers %i', async (status) => {
    fault({ leg: 'storage', kind: 'status', status })
    await expectRejected({}, { code: 'MUR_MEDIA_UNAVAILABLE', disposition: 'retry' })
  })

  it('retries when Bird redirects to nowhere', async () => {
    fault({ leg: 'bird', kind: 'no-location' })
    await expectRejected({}, { code: 'MUR_MEDIA_UNAVAILABLE' })
  })

  it('hands Retry-After on, in milliseconds', async () => {
    fault({ leg: 'bird', kind: 'status', status: 429, retryAfter: '7' })
    await expectRejected({}, { code: 'MUR_MEDIA_UNAVAILABLE', retryAfterMs: 7_000 })
  })

  it.each(['reset', 'short'] as const)('retries when the body is cut short (%s), and stores nothing', async (kind) => {
    fault({ leg: 'storage', kind })
    await expectRejected({}, { code: 'MUR_MEDIA_UNAVAILABLE', disposition: 'retry' })
  })

  it('succeeds on the next attempt after N failures', async () => {
    fault({ leg: 'storage', kind: 'reset' }, 1)
    fault({ leg: 'bird', kind: 'status', status: 500 }, 1)
    await expectRejected({}, { code: 'MUR_MEDIA_UNAVAILABLE' })
    await expectRejected({}, { code: 'MUR_MEDIA_UNAVAILABLE' })
    expect(await processor.handle(image())).toEqual({ kind: 'done' })
  })

  it('retries when nothing listens', async () => {
    const nowhere = createGuardedClient({ allowedHosts: [], privateHosts: ['127.0.0.1:1'] })
    const message = messageWith([{ url: 'http://127.0.0.1:1/x' }])
    await expect(processor.handle(message, { client: nowhere })).rejects.toMatchObject({
      code: 'MUR_MEDIA_UNAVAILABLE',
    })
    await nowhere.close()
  })

  it('retries, and does not write the file off, when DNS gives an allowed host a private address', async () => {
    const client = createGuardedClient({
      allowedHosts: ['media.example'],
      privateHosts: [],
      lookup: (_name, _options, callback) => callback(null, [{ address: '10.0.0.1', family: 4 }]),
    })
    const message = messageWith([{ url: 'https://media.example/x' }])
    await expect(processor.handle(message, { client })).rejects.toMatchObject({ code: 'MUR_MEDIA_UNAVAILABLE' })
    await client.close()
  })

  it('never names a query string or key in an error, down to its causes', async () => {
    fault({ leg: 'storage', kind: 'reset' })
    const error: unknown = await processor.handle(image()).catch((thrown: unknown) => thrown)
    const texts: string[] = []
    for (let each = error; each instanceof Error; each = each.cause) texts.push(String(each.stack))
    expect(texts.length).toBeGreaterThan(1)
    expect(texts.join('\n')).not.toMatch(/X-Signature|X-Expires|AccessKey right/)
  })
})

describe('giving up', () => {
  it("rejects with the consumer's reason when the partition is lost in the middle of a body, and stores nothing", async () => {
    fault({ leg: 'storage', kind: 'stall' })
    const controller = new AbortController()
    const reason = new Error('partition lost')
    const handled = processor.handle(image(), { signal: controller.signal })
    await processor.host.answered(2)
    controller.abort(reason)
    await expect(handled).rejects.toBe(reason)
    expect(await processor.files()).toEqual([])
  })

  it('starts nothing when the partition is lost already', async () => {
    await expect(processor.handle(image(), { signal: AbortSignal.abort() })).rejects.toThrow()
    expect(processor.host.requests()).toEqual([])
  })

  it('retries when one file takes longer than the deadline', async () => {
    fault({ leg: 'storage', kind: 'stall' })
    const deadline = new AbortController()
    const handled = processor.handle(image(), { deadline: () => deadline.signal })
    await processor.host.answered(2)
    deadline.abort()
    await expect(handled).rejects.toMatchObject({ code: 'MUR_MEDIA_UNAVAILABLE', disposition: 'retry' })
    expect(await processor.files()).toEqual([])
  })
})

describe('failures of ours', () => {
  it('waits when the store is full, and publishes nothing', async () => {
    const full = async () => {
      throw new ObjectStoreFailedError({ action: 'write', systemCode: 'ENOSPC' })
    }
    await expectRejected({ store: { ...processor.store, put: full } }, { disposition: 'wait' })
  })

  it('fails when Kafka does not acknowledge, and a repeat ends in the same state', async () => {
    const error = new Error('not acknowledged')
    const refused = processor.handle(image(), { publishAssets: () => Promise.reject(error) })
    await expect(refused).rejects.toBe(error)
    expect(await processor.handle(image())).toEqual({ kind: 'done' })
    expect(processor.published).toHaveLength(1)
    expect(await processor.files()).toHaveLength(1)
  })
})
