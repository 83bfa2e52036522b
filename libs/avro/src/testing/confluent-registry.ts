import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { json } from 'node:stream/consumers'
import { createSubjects, type Reply, type Subjects } from './confluent-subjects.ts'
import { testTls } from './tls.fixture.ts'

/** A stand-in for Confluent's registry that answers over HTTP. */
export interface ConfluentRegistry {
  readonly url: string
  readonly subjects: Subjects
  /** Requests so far, as `GET /path`. */
  readonly requests: readonly string[]
  /** From now on all requests get this, whatever they ask; undefined: an answer again. */
  answerAll(fault: Fault | undefined): void
  close(): Promise<void>
}

/** An answer that is none. `reset` breaks the connection, `silent` never answers. */
export type Fault =
  | 'reset'
  | 'silent'
  | { readonly status: number; readonly contentType: string; readonly body: string; readonly location?: string }

/**
 * Starts it on 127.0.0.1: the API as Confluent's documentation gives it, with the error codes of its current source,
 * where it differs from Apicurio 3.0.9 in particular. What is not here answers as an unknown path does.
 *
 * @param options.authorization what the header must be; anything else is answered 401
 * @param options.tls           with the certificate of `testTls`
 */
export async function startConfluentRegistry(
  options: { readonly authorization?: string; readonly tls?: boolean } = {},
): Promise<ConfluentRegistry> {
  const subjects = createSubjects()
  const requests: string[] = []
  let fault: Fault | undefined

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    requests.push(`${request.method} ${request.url}`)
    if (fault !== undefined) return breakWith(fault, request, response)
    if (options.authorization !== undefined && request.headers.authorization !== options.authorization)
      return send(response, { status: 401, body: { error_code: 401, message: 'Unauthorized' } })
    const body = request.method === 'GET' || request.method === 'DELETE' ? {} : await json(request)
    send(response, route(subjects, request, body as Readonly<Record<string, unknown>>))
  }

  const listener = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch(() => response.destroy())
  }
  const server = options.tls === true ? createTlsServer(testTls, listener) : createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('server has no port')
  return {
    url: `${options.tls === true ? 'https' : 'http'}://127.0.0.1:${address.port}`,
    subjects,
    requests,
    answerAll: (next) => {
      fault = next
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function breakWith(fault: Fault, request: IncomingMessage, response: ServerResponse): void {
  if (fault === 'silent') return
  if (fault === 'reset') return void request.socket.resetAndDestroy()
  const headers = { 'content-type': fault.contentType, ...(fault.location && { location: fault.location }) }
  response.writeHead(fault.status, headers).end(fault.body)
}

function route(subjects: Subjects, request: IncomingMessage, body: Readonly<Record<string, unknown>>): Reply {
  const path = (request.url ?? '/').split('?')[0]?.split('/').slice(1).map(decodeURIComponent) ?? []
  const [, subject = '', , version = ''] = path
  // `*` stands for a subject, an id or a version.
  const shape = `${request.method} ${path.map((part, at) => (at === 0 || isWord(path, at) ? part : '*')).join('/')}`
  switch (shape) {
    case 'GET schemas/ids/*':
      return subjects.byId(Number(path[2]))
    case 'GET subjects':
      return { status: 200, body: subjects.names() }
    case 'POST subjects/*':
      return subjects.find(subject, body)
    case 'GET subjects/*/versions':
      return subjects.versions(subject)
    case 'POST subjects/*/versions':
      return subjects.register(subject, body)
    case 'GET subjects/*/versions/*':
      return subjects.version(subject, version)
    case 'POST compatibility/subjects/*/versions/*':
      return subjects.check(path[2] ?? '', path[4] ?? '', body)
    case 'GET config':
      return { status: 200, body: { compatibilityLevel: subjects.level() } }
    case 'PUT config':
      return subjects.setLevel(undefined, body)
    case 'GET config/*':
      return subjects.levelOf(subject, request.url?.endsWith('defaultToGlobal=true') === true)
    case 'PUT config/*':
      return subjects.setLevel(subject, body)
    default:
      return { status: 404, body: { error_code: 404, message: 'HTTP 404 Not Found' } }
  }
}

function isWord(path: readonly string[], at: number): boolean {
  const part = path[at] ?? ''
  const isPlace = path[0] === 'compatibility' ? at === 1 || at === 3 : at === (path[0] === 'schemas' ? 1 : 2)
  return isPlace && ['ids', 'subjects', 'versions'].includes(part)
}

function send(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(JSON.stringify(body))
}
