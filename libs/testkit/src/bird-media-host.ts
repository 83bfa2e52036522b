import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { BirdMediaHost, HostedMedia, LoggedRequest, MediaFault, MediaLeg } from './bird-media-types.ts'
import { closeServer, listenOnLoopback } from './loopback-server.ts'
import { isPresigned, signPath } from './presigned-url.ts'
import { sendMedia } from './send-media.ts'

const PRESIGNED_LIFE_MS = 900 * 1_000
const STORAGE_KEY = 'presigned-by-the-testkit'

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly medium?: HostedMedia
  readonly fault?: MediaFault | undefined
}

/**
 * Starts a stand-in for Bird's media host and the storage behind it, on two loopback ports.
 *
 * The first leg wants `Authorization: AccessKey <key>` (401 without) and answers 302 to a presigned URL; storage
 * answers 400 to any Authorization header, 403 to a tampered or expired signature, 410 to an expired medium.
 *
 * @param options.media by path of the first leg, `/workspaces/{ws}/messages/{msg}/media/{id}`
 * @param options.now epoch ms; decides when presigned URLs expire (900 s)
 */
export async function startBirdMediaHost(options: {
  readonly accessKey: string
  readonly media: Readonly<Record<string, HostedMedia>>
  readonly now: () => number
}): Promise<BirdMediaHost> {
  const log: LoggedRequest[] = []
  const faults = createFaults()
  const expired = new Set<string>()
  let waiters: { readonly count: number; readonly resolve: () => void }[] = []
  let lifeMs = PRESIGNED_LIFE_MS
  let storageUrl = ''

  const answerBird = (path: string, request: IncomingMessage): Answer => {
    if (request.headers.authorization !== `AccessKey ${options.accessKey}`) return { status: 401 }
    const fault = faults.take(path, 'bird')
    if (fault?.kind === 'no-location') return { status: 302 }
    if (fault?.kind === 'redirect') return { status: 302, headers: { location: fault.to } }
    if (fault?.kind === 'status') return toStatus(fault)
    if (options.media[path] === undefined) return { status: 404 }
    const signed = signPath(`/objects${path}`, { key: STORAGE_KEY, expiresAtMs: options.now() + lifeMs })
    return { status: 302, headers: { location: `${storageUrl}${signed}`, 'set-cookie': 'session=bird; Path=/' } }
  }
  const answerStorage = (path: string, request: IncomingMessage): Answer => {
    const url = new URL(request.url ?? '/', storageUrl)
    const medium = options.media[path]
    if (request.headers.authorization !== undefined) return { status: 400 }
    if (!isPresigned(url, { key: STORAGE_KEY, nowMs: options.now() })) return { status: 403 }
    const fault = faults.take(path, 'storage')
    if (fault?.kind === 'status') return toStatus(fault)
    if (expired.has(path)) return { status: 410 }
    return medium === undefined ? { status: 404 } : { status: 200, medium, fault }
  }
  const serve = (leg: MediaLeg) => (request: IncomingMessage, response: ServerResponse) => {
    const pathname = new URL(request.url ?? '/', 'http://host').pathname
    const path = leg === 'bird' ? pathname : pathname.replace(/^\/objects/, '')
    const answer = leg === 'bird' ? answerBird(path, request) : answerStorage(path, request)
    const authorization = toAuthorization(request.headers.authorization, options.accessKey)
    log.push({ leg, path, authorization, cookie: request.headers.cookie !== undefined, status: answer.status })
    const due = waiters.filter((waiter) => waiter.count <= log.length)
    waiters = waiters.filter((waiter) => waiter.count > log.length)
    for (const waiter of due) waiter.resolve()
    if (answer.medium === undefined) response.writeHead(answer.status, answer.headers).end()
    else sendMedia(response, answer.medium, answer.fault).catch(() => response.destroy())
  }

  const bird = createServer(serve('bird'))
  const storage = createServer(serve('storage'))
  storageUrl = `http://127.0.0.1:${await listenOnLoopback(storage, 0)}`
  return {
    url: `http://127.0.0.1:${await listenOnLoopback(bird, 0)}`,
    storageUrl,
    requests: () => [...log],
    answered: (count) =>
      new Promise((resolve) => {
        if (log.length >= count) resolve()
        else waiters.push({ count, resolve })
      }),
    setFault: (path, fault, { times } = { times: Number.POSITIVE_INFINITY }) => faults.set(path, fault, times),
    clearFaults: (path) => faults.clear(path),
    expire: (path) => void expired.add(path),
    setPresignedLife: (ms) => {
      lifeMs = ms
    },
    close: async () => {
      const closed = Promise.all([closeServer(bird), closeServer(storage)])
      bird.closeAllConnections()
      storage.closeAllConnections()
      await closed
    },
  }
}

function createFaults() {
  const faults = new Map<string, { readonly fault: MediaFault; left: number }[]>()
  return {
    set: (path: string, fault: MediaFault, times: number) => {
      faults.set(path, [...(faults.get(path) ?? []), { fault, left: times }])
    },
    clear: (path: string) => void faults.delete(path),
    take: (path: string, leg: MediaLeg): MediaFault | undefined => {
      const entry = faults.get(path)?.find(({ fault, left }) => fault.leg === leg && left > 0)
      if (entry !== undefined) entry.left -= 1
      return entry?.fault
    },
  }
}

function toStatus(fault: Extract<MediaFault, { kind: 'status' }>): Answer {
  return { status: fault.status, headers: fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter } }
}

function toAuthorization(header: string | undefined, accessKey: string): LoggedRequest['authorization'] {
  if (header === undefined) return 'none'
  return header === `AccessKey ${accessKey}` ? 'right' : 'wrong'
}
