import { once } from 'node:events'
import { createServer } from 'node:http'
import type { LookupFunction } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { type BirdMediaHost, startBirdMediaHost, startFaultProxy } from '@murmuration/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createGuardedClient, type GuardedClient, type GuardedClientOptions } from './guarded-client.ts'
import { OutboundFailedError, OutboundRefusedError } from './outbound-errors.ts'

const PATH = '/workspaces/w/messages/m/media/1'
const BYTES = Buffer.alloc(300_000, 'murmuration')
const headers = { authorization: 'AccessKey right', cookie: 'a=b' }

let host: BirdMediaHost
let client: GuardedClient
const clients: GuardedClient[] = []

function hostOf(url: string): string {
  return new URL(url).host
}

function create(options: Partial<GuardedClientOptions> = {}): GuardedClient {
  const privateHosts = [hostOf(host.url), hostOf(host.storageUrl)]
  const created = createGuardedClient({ allowedHosts: ['media.example'], privateHosts, ...options })
  clients.push(created)
  return created
}

beforeEach(async () => {
  const media = { [PATH]: { contentType: 'image/jpeg', bytes: BYTES } }
  host = await startBirdMediaHost({ accessKey: 'right', media, now: () => 0 })
  client = create()
})

afterEach(async () => {
  await Promise.all(clients.splice(0).map((each) => each.close()))
  await host.close()
})

describe('redirects', () => {
  it('returns a redirect instead of following it, and hides where it points', async () => {
    const response = await client.get(`${host.url}${PATH}`, { headers })
    expect(response).toMatchObject({ status: 302, redirected: true, finalUrl: `${host.url}${PATH}` })
    expect(JSON.stringify(response.headers)).not.toMatch(/X-Signature|session=/)
    expect(host.requests()).toHaveLength(1)
  })

  it('follows on demand, without the credentials and cookies of the first leg', async () => {
    const response = await client.followRedirect(await client.get(`${host.url}${PATH}`, { headers }))
    expect(response.status).toBe(200)
    expect(BYTES.equals(await buffer(response.body))).toBe(true)
    expect(response.finalUrl).not.toContain('?')
    expect(host.requests()).toEqual([
      { leg: 'bird', path: PATH, authorization: 'right', cookie: true, status: 302 },
      { leg: 'storage', path: PATH, authorization: 'none', cookie: false, status: 200 },
    ])
  })

  it('refuses a redirect to a private address that the configuration does not name', async () => {
    const first = create({ privateHosts: [hostOf(host.url)] })
    const response = await first.get(`${host.url}${PATH}`, { headers })
    const refusal = await first.followRedirect(response).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(OutboundRefusedError)
    expect(String(refusal)).not.toContain('X-Signature')
    expect(host.requests()).toHaveLength(1)
  })

  it('gives up on a redirect loop', async () => {
    host.setFault(PATH, { leg: 'bird', kind: 'redirect', to: 'http://127.0.0.1:1/' })
    const loop = createServer((_request, response) => response.writeHead(302, { location: '/again' }).end())
    loop.listen(0, '127.0.0.1')
    await once(loop, 'listening')
    const address = loop.address()
    const origin = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
    const looping = create({ privateHosts: [origin], maxRedirects: 2 })
    const response = await looping.get(`http://${origin}/`)
    await expect(looping.followRedirect(response)).rejects.toMatchObject({ reason: 'too-many-redirects' })
    loop.close()
    loop.closeAllConnections()
  })

  it('does not take a redirect that another client was given', async () => {
    const response = await client.get(`${host.url}${PATH}`, { headers })
    await expect(create().followRedirect(response)).rejects.toThrow('not a redirect of this client')
    response.body.destroy()
  })
})

describe('names', () => {
  const answering = (...answers: string[]): LookupFunction & { asked: number } =>
    Object.assign(
      ((_name, _options, callback) => {
        const address = answers[lookup.asked] ?? answers.at(-1) ?? ''
        lookup.asked += 1
        callback(null, [{ address, family: 4 }])
      }) as LookupFunction,
      { asked: 0 },
    )
  let lookup: LookupFunction & { asked: number }

  it('refuses an allowed host whose name resolves to a private address', async () => {
    lookup = answering('127.0.0.1')
    const refusal = create({ lookup }).get('https://media.example/x?secret=1')
    await expect(refusal).rejects.toMatchObject({ code: 'MUR_OUTBOUND_REFUSED', reason: 'private-address' })
  })

  it('looks the name up again for each connection', async () => {
    lookup = answering('10.0.0.1', '127.0.0.1')
    const rebound = create({ lookup })
    await expect(rebound.get('https://media.example/')).rejects.toBeInstanceOf(OutboundRefusedError)
    await expect(rebound.get('https://media.example/')).rejects.toBeInstanceOf(OutboundRefusedError)
    expect(lookup.asked).toBe(2)
  })

  it('lets a configured private name resolve to a private address', async () => {
    lookup = answering('127.0.0.1')
    const port = new URL(host.url).port
    const response = await create({ lookup, privateHosts: [`media.test:${port}`] }).get(
      `http://media.test:${port}${PATH}`,
    )
    expect(response.status).toBe(401)
    response.body.destroy()
  })

  it('reports a name that is not found as a failure, not a refusal', async () => {
    const notFound: LookupFunction = (_name, _options, callback) =>
      callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), [])
    const failure = create({ lookup: notFound }).get('https://media.example/x?secret=1')
    await expect(failure).rejects.toMatchObject({
      code: 'MUR_OUTBOUND_FAILED',
      disposition: 'retry',
      message: 'call to media.example failed: ENOTFOUND',
    })
  })
})

describe('failures', () => {
  it.each(['reset', 'short'] as const)('fails the body when it is broken off (%s)', async (kind) => {
    host.setFault(PATH, { leg: 'storage', kind })
    const response = await client.followRedirect(await client.get(`${host.url}${PATH}`, { headers }))
    await expect(buffer(response.body)).rejects.toBeInstanceOf(OutboundFailedError)
  })

  it('fails when the host falls silent within a body', async () => {
    host.setFault(PATH, { leg: 'storage', kind: 'stall' })
    const impatient = create({ bodyTimeoutMs: 50 })
    const response = await impatient.followRedirect(await impatient.get(`${host.url}${PATH}`, { headers }))
    await expect(buffer(response.body)).rejects.toMatchObject({ code: 'MUR_OUTBOUND_FAILED' })
  })

  it('reads a slow and an unsized body whole', async () => {
    host.setFault(PATH, { leg: 'storage', kind: 'slow', pauseMs: 1 }, { times: 1 })
    host.setFault(PATH, { leg: 'storage', kind: 'unsized' }, { times: 1 })
    for (let round = 0; round < 2; round += 1) {
      const response = await client.followRedirect(await client.get(`${host.url}${PATH}`, { headers }))
      expect(BYTES.equals(await buffer(response.body))).toBe(true)
    }
  })

  it('fails when the host refuses connections, resets them or never answers', async () => {
    const target = { host: '127.0.0.1', port: Number(new URL(host.url).port) }
    const proxy = await startFaultProxy({ target })
    const proxied = create({ privateHosts: [`127.0.0.1:${proxy.port}`], headersTimeoutMs: 50 })
    for (const mode of ['refuse', 'reset', 'black-hole'] as const) {
      await proxy.setMode(mode)
      const failure = proxied.get(`http://127.0.0.1:${proxy.port}${PATH}`)
      await expect(failure).rejects.toBeInstanceOf(OutboundFailedError)
    }
    await proxy.close()
  })

  it("rejects with the signal's reason when the caller gives up", async () => {
    const reason = new Error('partition lost')
    const given = create().get(`${host.url}${PATH}`, { headers, signal: AbortSignal.abort(reason) })
    await expect(given).rejects.toBe(reason)
  })

  it('breaks a body off when the caller gives up', async () => {
    host.setFault(PATH, { leg: 'storage', kind: 'stall' })
    const controller = new AbortController()
    const first = await client.get(`${host.url}${PATH}`, { headers })
    const response = await client.followRedirect(first, { signal: controller.signal })
    const read = buffer(response.body)
    controller.abort()
    await expect(read).rejects.toBeInstanceOf(OutboundFailedError)
  })
})
