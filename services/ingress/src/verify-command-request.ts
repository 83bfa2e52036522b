import type { DoctorWebhook } from '@murmuration/bird'

/** A captured request that can't be read; the message says where, and quotes nothing. */
export class CaptureUnreadableError extends Error {
  override readonly name = 'CaptureUnreadableError'
}

/** What a file of headers says. */
interface Head {
  readonly headers: Readonly<Record<string, string>>
  /** Path and query of the request line; undefined where there is none. */
  readonly target: string | undefined
}

const requestLine = /^[A-Z]{1,16} (\S+)( HTTP\/[\d.]+)?$/
const headerLine = /^(:?[!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/

/** A request out of a file of headers and a file with the exact bytes of the body. @throws {CaptureUnreadableError} */
export function readCapture(head: Buffer, rawBody: Buffer): DoctorWebhook {
  const text = head.toString('utf8').replace(/^\ufeff/, '')
  return toWebhook(text.trimStart().startsWith('{') ? readJsonHead(text) : readHead(text), rawBody)
}

/** One raw HTTP request: request line, headers, an empty line, body. Chunks are put together. @throws {CaptureUnreadableError} */
export function readRawRequest(bytes: Buffer): DoctorWebhook {
  const text = bytes.toString('latin1')
  const end = /\r?\n\r?\n/.exec(text)
  const head = readHead(end === null ? text : text.slice(0, end.index))
  if (head.target === undefined) throw new CaptureUnreadableError('the request begins with no request line')
  const rawBody = end === null ? Buffer.alloc(0) : bytes.subarray(end.index + end[0].length)
  const isChunked = /\bchunked\b/i.test(head.headers['transfer-encoding'] ?? '')
  return toWebhook(head, isChunked ? joinChunks(rawBody) : rawBody)
}

function toWebhook({ headers, target }: Head, rawBody: Buffer): DoctorWebhook {
  const { ':path': http2Path, ':authority': host, ...rest } = headers
  const origin = (target ?? http2Path)?.replace(/^[a-z]+:\/\/[^/?]*/i, '')
  const at = origin?.indexOf('?') ?? -1
  return {
    rawBody,
    headers: host === undefined || rest.host !== undefined ? rest : { ...rest, host },
    path: at === -1 ? origin : origin?.slice(0, at),
    query: at === -1 ? '' : (origin?.slice(at + 1) ?? ''),
  }
}

/** `Name: value` lines, as HTTP, curl -v and browsers write them. A header that came twice is joined, as Node joins it. */
function readHead(text: string): Head {
  const headers = new Map<string, string>()
  let target: string | undefined
  let last: string | undefined
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.replace(/^> ?/, '')
    const request = at === 0 ? requestLine.exec(line) : null
    const header = headerLine.exec(line)
    if (request !== null) target = request[1]
    else if (/^[ \t]+\S/.test(line) && last !== undefined) headers.set(last, `${headers.get(last)} ${line.trim()}`)
    else if (header !== null) {
      last = (header[1] ?? '').toLowerCase()
      const before = headers.get(last)
      headers.set(last, before === undefined ? (header[2] ?? '') : `${before}, ${header[2]}`)
    } else if (line.trim() !== '') throw new CaptureUnreadableError(`line ${at + 1} of the headers is no "Name: value"`)
  }
  return { headers: Object.fromEntries(headers), target }
}

function readJsonHead(text: string): Head {
  const entries = Object.entries(parseObject(text)).map(([name, value]) => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (!values.every((item) => typeof item === 'string')) {
      throw new CaptureUnreadableError('a header of the JSON object is neither a string nor a list of strings')
    }
    return [name.toLowerCase(), values.join(', ')] as const
  })
  return { headers: Object.fromEntries(entries), target: undefined }
}

function parseObject(text: string): object {
  try {
    return JSON.parse(text) as object
  } catch {
    throw new CaptureUnreadableError('the headers begin like a JSON object, and are none')
  }
}

/** @throws {CaptureUnreadableError} the chunks are cut off, or were put together already */
function joinChunks(bytes: Buffer): Buffer {
  const chunks: Buffer[] = []
  let rest = bytes
  for (;;) {
    const size = /^([0-9a-f]{1,8})[^\r\n]*\r?\n/i.exec(rest.subarray(0, 200).toString('latin1'))
    if (size === null) throw new CaptureUnreadableError('transfer-encoding says chunked, and the body has no chunks')
    const length = Number.parseInt(size[1] ?? '', 16)
    if (length === 0) return Buffer.concat(chunks)
    const from = size[0].length
    chunks.push(rest.subarray(from, from + length))
    const next = rest.subarray(from + length)
    rest = next.subarray(next[0] === 0x0d ? 2 : 1)
  }
}
