/** An answer, as far as a load generator looks at it. */
export interface ParsedResponse {
  readonly status: number
  /** The server will close the connection: use another one for the next request. */
  readonly close: boolean
  readonly hasRetryAfter: boolean
}

/** Cuts a stream of bytes into HTTP/1.1 responses. */
export interface ResponseParser {
  /** @throws {MalformedResponseError} these bytes are no HTTP/1.1 response */
  push(chunk: Buffer): void
  /** The connection has ended: completes a response whose body lasts until then. True when that left nothing open. */
  end(): boolean
}

/** What the server sent is no HTTP/1.1 response. */
export class MalformedResponseError extends Error {
  override readonly name = 'MalformedResponseError'
}

/** What is still to be read of the response under way. */
type Body = { kind: 'length'; left: number } | { kind: 'until-close' } | ChunkedBody
interface ChunkedBody {
  readonly kind: 'chunked'
  part: 'size' | 'data' | 'trailer'
  /** Bytes of the chunk that are to come, its line end included. */
  left: number
}

const MAX_HEAD_BYTES = 65_536
const EMPTY = Buffer.alloc(0)

/**
 * Reads status line, headers and the end of the body (Content-Length, chunked, none, or until the connection closes);
 * the body itself is skipped. Responses of a pipeline come one after the other; 1xx are passed over.
 */
export function createResponseParser(onResponse: (response: ParsedResponse) => void): ResponseParser {
  let rest: Buffer = EMPTY
  let head: ParsedResponse | undefined
  let body: Body = { kind: 'length', left: 0 }

  function complete(): void {
    const done = head
    head = undefined
    if (done !== undefined && done.status >= 200) onResponse(done)
  }

  function readHead(): boolean {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) {
      if (rest.length > MAX_HEAD_BYTES) throw new MalformedResponseError('the head of the response does not end')
      return false
    }
    const parsed = parseHead(rest.toString('latin1', 0, end))
    rest = rest.subarray(end + 4)
    head = parsed.head
    body = parsed.body
    return true
  }

  /** @returns whether the body is complete; otherwise more bytes are needed */
  function readBody(): boolean {
    if (body.kind === 'chunked') return readChunks(body)
    const taken = body.kind === 'length' ? Math.min(body.left, rest.length) : rest.length
    rest = rest.subarray(taken)
    if (body.kind === 'until-close') return false
    body.left -= taken
    return body.left === 0
  }

  function readChunks(chunked: ChunkedBody): boolean {
    for (;;) {
      if (chunked.part === 'data') {
        const taken = Math.min(chunked.left, rest.length)
        rest = rest.subarray(taken)
        chunked.left -= taken
        if (chunked.left > 0) return false
        chunked.part = 'size'
      }
      const end = rest.indexOf('\r\n')
      if (end === -1) return false
      const line = rest.toString('latin1', 0, end)
      rest = rest.subarray(end + 2)
      if (chunked.part === 'trailer') {
        if (line === '') return true
      } else {
        if (!/^[0-9a-f]{1,8}\s*(;|$)/i.test(line)) throw new MalformedResponseError('a chunk without a size')
        const size = Number.parseInt(line, 16)
        chunked.part = size === 0 ? 'trailer' : 'data'
        chunked.left = size + 2
      }
    }
  }

  return {
    push(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      while (head !== undefined || rest.length > 0) {
        if (head === undefined && !readHead()) return
        if (!readBody()) return
        complete()
      }
    },
    end() {
      if (head !== undefined && body.kind === 'until-close') complete()
      return head === undefined && rest.length === 0
    },
  }
}

function parseHead(text: string): { readonly head: ParsedResponse; readonly body: Body } {
  const statusLine = /^HTTP\/1\.([01]) ([1-5][0-9]{2})(?: |\r|$)/.exec(text)
  if (statusLine === null) throw new MalformedResponseError('not a status line of HTTP/1.x')
  const status = Number(statusLine[2])
  const connection = header(text, 'connection')
  const close = statusLine[1] === '0' ? !/\bkeep-alive\b/i.test(connection) : /\bclose\b/i.test(connection)
  const body = toBody(text, status)
  return {
    head: { status, close: close || body.kind === 'until-close', hasRetryAfter: header(text, 'retry-after') !== '' },
    body,
  }
}

function toBody(head: string, status: number): Body {
  if (status < 200 || status === 204 || status === 304) return { kind: 'length', left: 0 }
  if (/\bchunked\b/i.test(header(head, 'transfer-encoding'))) return { kind: 'chunked', part: 'size', left: 0 }
  const length = header(head, 'content-length')
  if (length === '') return { kind: 'until-close' }
  if (!/^[0-9]{1,12}$/.test(length)) throw new MalformedResponseError('a Content-Length that is no number')
  return { kind: 'length', left: Number(length) }
}

const patterns = new Map<string, RegExp>()

function header(head: string, name: string): string {
  let pattern = patterns.get(name)
  if (pattern === undefined) {
    pattern = new RegExp(`\\r\\n${name}:[ \\t]*([^\\r\\n]*)`, 'i')
    patterns.set(name, pattern)
  }
  return (pattern.exec(head)?.[1] ?? '').trim()
}
