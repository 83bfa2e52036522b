import { describe, expect, it } from 'vitest'
import { createResponseParser, MalformedResponseError, type ParsedResponse } from './response-parser.ts'

const accepted = { status: 202, close: false, hasRetryAfter: false }

/** Feeds the bytes in pieces of one size. */
function parse(text: string, pieceBytes = text.length): { responses: ParsedResponse[]; whole: boolean } {
  const responses: ParsedResponse[] = []
  const parser = createResponseParser((response) => responses.push(response))
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length; at += pieceBytes) parser.push(bytes.subarray(at, at + pieceBytes))
  return { responses, whole: parser.end() }
}

describe('the response parser', () => {
  const pipeline =
    'HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\nhello' +
    'HTTP/1.1 503 Service Unavailable\r\ncontent-length:0\r\nRetry-After: 1\r\nConnection: Close\r\n\r\n' +
    'HTTP/1.1 100 Continue\r\n\r\n' +
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhe\r\no\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n' +
    'HTTP/1.1 204 No Content\r\n\r\n' +
    'HTTP/1.1 202\r\nContent-Length: 4\r\n\r\n\r\n\r\n'

  it.each([1, 2, 3, 7, 64, 10_000])('reads the same answers from pieces of %i bytes', (pieceBytes) => {
    expect(parse(pipeline, pieceBytes)).toEqual({
      responses: [
        accepted,
        { status: 503, close: true, hasRetryAfter: true },
        { ...accepted, status: 200 },
        { ...accepted, status: 204 },
        accepted,
      ],
      whole: true,
    })
  })

  it('takes a body without a length as lasting until the connection closes', () => {
    const { responses, whole } = parse('HTTP/1.1 202 Accepted\r\n\r\nhello', 4)
    expect(responses).toEqual([{ ...accepted, close: true }])
    expect(whole).toBe(true)
  })

  it('does not keep a connection of HTTP/1.0 alive unless it says so', () => {
    expect(parse('HTTP/1.0 202 ok\r\ncontent-length: 0\r\n\r\n').responses[0]?.close).toBe(true)
    expect(parse('HTTP/1.0 202 ok\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n').responses[0]?.close).toBe(
      false,
    )
  })

  it('does not count an answer that the connection cut off', () => {
    expect(parse('HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\nhell')).toEqual({ responses: [], whole: false })
    expect(parse('HTTP/1.1 202 Acc')).toEqual({ responses: [], whole: false })
    expect(parse('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')).toEqual({
      responses: [],
      whole: false,
    })
  })

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n'],
    ['a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`],
  ])('refuses %s', (_, text) => {
    expect(() => parse(text)).toThrow(MalformedResponseError)
  })
})
