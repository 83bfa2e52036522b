import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RegistryUnauthorizedError, RegistryUnavailableError } from './avro-errors.ts'
import { createHttpRegistry } from './http-registry.ts'
import { createRegistryHttp, type RegistryAccess } from './registry-http.ts'
import { type ConfluentRegistry, type Fault, startConfluentRegistry } from './testing/confluent-registry.ts'
import { testTls } from './testing/tls.fixture.ts'

const JSON_TYPE = 'application/vnd.schemaregistry.v1+json'
const schema = { type: 'record', name: 'A', fields: [{ name: 'a', type: 'string' }] } as const
const secret = (text: string) => ({ reveal: () => text })

let server: ConfluentRegistry

beforeEach(async () => {
  server = await startConfluentRegistry()
  server.subjects.register('a', { schema: JSON.stringify(schema) })
})
afterEach(() => server.close())

function registryAt(url: string, access: Partial<RegistryAccess> = {}) {
  return createHttpRegistry(createRegistryHttp({ url, timeoutMs: 5_000, ...access }))
}

function answering(status: number, body: string, contentType = JSON_TYPE): Fault {
  return { status, contentType, body }
}

/** What the look-ups end as, when each gets this answer. */
async function endsAs(fault: Fault, access: Partial<RegistryAccess> = {}) {
  const registry = registryAt(server.url, access)
  server.answerAll(fault)
  const ends = await Promise.all([
    registry.schemaById(1).catch((error: unknown) => error),
    registry.idOfSchema('a', schema).catch((error: unknown) => error),
  ])
  return ends.map((end) => (end instanceof Error ? end.constructor : end))
}

const WAITS = [RegistryUnavailableError, RegistryUnavailableError]
const page = '<html>Not Found</html>'

describe('a look-up', () => {
  it.each<[string, Fault]>([
    ['a reset connection', 'reset'],
    ['500 with an error_code', answering(500, '{"error_code":50001,"message":"store"}')],
    ['503 of a proxy', answering(503, 'busy', 'text/plain')],
    ['429', answering(429, '{"error_code":429}')],
    ["404 with a proxy's page", answering(404, page, 'text/html')],
    ['404 of a wrong path, as Jersey gives it', answering(404, '{"error_code":404,"message":"HTTP 404 Not Found"}')],
    ['404 with JSON of somebody else', answering(404, '{"detail":"no route"}')],
    ['404 with 40403 as a text', answering(404, '{"error_code":"40403"}')],
    ['40403 with a status of somebody else', answering(400, '{"error_code":40403,"message":"no"}')],
    ['404 of another subject than schemas', answering(404, '{"error_code":40470,"message":"no exporter"}')],
    ['a wrong 400', answering(400, '{"error_code":400,"message":"bad request"}')],
    ['400 with a page', answering(400, page, 'text/html')],
    ['200 with a page', answering(200, page, 'text/html')],
    ['200 with nothing', answering(200, '')],
    ['200 with JSON of another shape', answering(200, '{"hello":"world"}')],
    ['200 with a list', answering(200, '[1]')],
    ['200 with a torn body', answering(200, '{"schema":"{')],
    ['a redirect', { ...(answering(302, '') as object), location: 'http://127.0.0.1:9/' } as Fault],
  ])('says neither yes nor no on %s', async (_, fault) => {
    expect(await endsAs(fault)).toEqual(WAITS)
  })

  it('says neither yes nor no when the answer does not come in time', async () => {
    expect(await endsAs('silent', { timeoutMs: 100 })).toEqual(WAITS)
    const error = await registryAt(server.url, { timeoutMs: 100 })
      .schemaById(1)
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ message: `schema registry ${server.url} is not available: no answer within 100 ms` })
  })

  it('says neither yes nor no when nobody listens', async () => {
    await server.close()
    const asking = registryAt(server.url).schemaById(1)
    await expect(asking).rejects.toThrow(`schema registry ${server.url} is not available: ECONNREFUSED`)
  })

  it('says neither yes nor no on an answer without end', async () => {
    expect(await endsAs(answering(200, `{"schema":"${'x'.repeat(5 * 1_048_576)}"}`))).toEqual(WAITS)
  })

  it('points at the path of the URL when a page comes instead of an answer, and quotes nothing of it', async () => {
    server.answerAll(answering(404, '<html>secret</html>', 'text/html'))
    const error = await registryAt(`${server.url}/wrong/`)
      .schemaById(1)
      .catch((thrown: unknown) => thrown)
    expect(String(error)).toContain('HTTP 404 with text/html, not JSON; is the path of the URL right?')
    expect(String(error)).not.toContain('secret')
    expect(server.requests).toEqual(['GET /wrong/schemas/ids/1'])
  })

  it.each([401, 403])('waits with a code of its own, and says what to set, on %i, JSON or not', async (status) => {
    for (const fault of [answering(status, `{"error_code":${status}}`), answering(status, page, 'text/html')])
      expect(await endsAs(fault)).toEqual([RegistryUnauthorizedError, RegistryUnauthorizedError])
    await expect(registryAt(server.url).schemaById(1)).rejects.toMatchObject({
      code: 'MUR_REGISTRY_UNAUTHORIZED',
      disposition: 'wait',
      message: expect.stringContaining('SCHEMA_REGISTRY_TOKEN'),
    })
  })

  it('takes the format of a schema from the answer, and Avro where there is none, as at Confluent', async () => {
    server.answerAll(answering(200, '{"schema":"{}","schemaType":"JSON"}'))
    expect(await registryAt(server.url).schemaById(1)).toEqual({ format: 'JSON', text: '{}' })
    server.answerAll(answering(200, '{"schema":"{}"}'))
    expect(await registryAt(server.url).schemaById(1)).toEqual({ format: 'AVRO', text: '{}' })
  })
})

describe('access to the registry', () => {
  it('sends user and password as basic authentication, umlauts as UTF-8', async () => {
    const pair = Buffer.from('murmur:pässword').toString('base64')
    await using guarded = await startGuarded(`Basic ${pair}`)
    const auth = { kind: 'basic', username: 'murmur', password: secret('pässword') } as const
    expect(await registryAt(guarded.url, { auth }).schemaById(1)).toBeUndefined()
    const wrong = registryAt(guarded.url, { auth: { ...auth, password: secret('guessed') } }).schemaById(1)
    await expect(wrong).rejects.toThrow('does not accept our credentials (HTTP 401)')
    await expect(wrong).rejects.not.toThrow('guessed')
  })

  it('sends a bearer token', async () => {
    await using guarded = await startGuarded('Bearer abc.def')
    const auth = { kind: 'bearer', token: secret('abc.def') } as const
    expect(await registryAt(guarded.url, { auth }).schemaById(1)).toBeUndefined()
  })

  it('does not take credentials to where a redirect points', async () => {
    server.answerAll({ status: 307, contentType: 'text/plain', body: '', location: `${server.url}/elsewhere` })
    const auth = { kind: 'bearer', token: secret('abc') } as const
    await expect(registryAt(server.url, { auth }).schemaById(1)).rejects.toThrow('a redirect, which is not followed')
    expect(server.requests).toHaveLength(1)
  })

  it('shows no credentials of a URL, wherever they come from', async () => {
    server.answerAll('reset')
    const asking = registryAt(server.url.replace('http://', 'http://user:hunter2@')).schemaById(1)
    await expect(asking).rejects.toThrow(server.url)
    await expect(asking).rejects.not.toThrow('hunter2')
  })

  it('trusts a certificate of its own authority, and without it nobody that the system does not trust', async () => {
    const tls = await startConfluentRegistry({ tls: true })
    try {
      expect(await registryAt(tls.url, { ca: testTls.cert }).schemaById(1)).toBeUndefined()
      await expect(registryAt(tls.url).schemaById(1)).rejects.toThrow('DEPTH_ZERO_SELF_SIGNED_CERT')
    } finally {
      await tls.close()
    }
  })
})

async function startGuarded(authorization: string) {
  const guarded = await startConfluentRegistry({ authorization })
  return { url: guarded.url, [Symbol.asyncDispose]: () => guarded.close() }
}
