import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startBirdMediaHost } from './bird-media-host.ts'
import type { BirdMediaHost } from './bird-media-types.ts'
import { createFakeClock } from './fake-clock.ts'

const PATH = '/workspaces/w/messages/m/media/1'
const KEY = { authorization: 'AccessKey right' }

let host: BirdMediaHost
const clock = createFakeClock()

beforeEach(async () => {
  const media = { [PATH]: { contentType: 'image/jpeg', bytes: Buffer.from('bytes') } }
  host = await startBirdMediaHost({ accessKey: 'right', media, now: clock.now })
})

afterEach(() => host.close())

const ask = (headers: Record<string, string> = KEY, path = PATH) =>
  fetch(`${host.url}${path}`, { headers, redirect: 'manual' })

async function presigned(): Promise<string> {
  return (await ask()).headers.get('location') ?? ''
}

describe('the first leg', () => {
  it('answers 401 without the AccessKey and with a wrong one', async () => {
    expect((await ask({})).status).toBe(401)
    expect((await ask({ authorization: 'AccessKey wrong' })).status).toBe(401)
    expect((await ask({ authorization: 'Bearer right' })).status).toBe(401)
  })

  it('answers 302 to a presigned URL at another origin', async () => {
    const response = await ask()
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toMatch(new RegExp(`^${host.storageUrl}/.*X-Expires=.*X-Signature=`))
  })

  it('answers 404 to a medium that it does not have', async () => {
    expect((await ask(KEY, '/workspaces/w/messages/m/media/2')).status).toBe(404)
  })

  it('fails as often as it is told to, then works', async () => {
    host.setFault(PATH, { leg: 'bird', kind: 'status', status: 429, retryAfter: '7' }, { times: 2 })
    const first = await ask()
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '7'])
    expect((await ask()).status).toBe(429)
    expect((await ask()).status).toBe(302)
  })
})

describe('storage', () => {
  it('serves a presigned URL for 900 s, and 403 afterwards', async () => {
    const url = await presigned()
    clock.advance(899_000)
    expect(await (await fetch(url)).text()).toBe('bytes')
    clock.advance(2_000)
    expect((await fetch(url)).status).toBe(403)
  })

  it('answers 403 to a tampered path, expiry or signature', async () => {
    const url = await presigned()
    expect((await fetch(url.replace('media/1', 'media/2'))).status).toBe(403)
    expect((await fetch(url.replace(/X-Expires=\d/, 'X-Expires=9'))).status).toBe(403)
    expect((await fetch(`${url}0`)).status).toBe(403)
  })

  it('answers 400 to an Authorization header, even the right one', async () => {
    expect((await fetch(await presigned(), { headers: KEY })).status).toBe(400)
  })

  it('answers 410 for an expired medium', async () => {
    host.expire(PATH)
    expect((await fetch(await presigned())).status).toBe(410)
  })
})

it('logs what came, without keys and signatures', async () => {
  await fetch(await presigned())
  expect(host.requests().map(({ leg, authorization, status }) => [leg, authorization, status])).toEqual([
    ['bird', 'right', 302],
    ['storage', 'none', 200],
  ])
  expect(JSON.stringify(host.requests())).not.toMatch(/AccessKey|X-Signature/)
})
