import { describe, expect, it } from 'vitest'
import { CaptureUnreadableError, readCapture, readRawRequest } from './verify-command-request.ts'

const body = Buffer.from([0x7b, 0xff, 0x0d, 0x0a, 0x0d, 0x0a, 0x7d])

describe('readCapture', () => {
  it('reads names in lower case, and keeps the bytes of the body', () => {
    const webhook = readCapture(Buffer.from('MessageBird-Signature: abc=\r\nHost:  a.example \r\n\r\n'), body)
    expect(webhook).toEqual({
      rawBody: body,
      headers: { 'messagebird-signature': 'abc=', host: 'a.example' },
      query: '',
      path: undefined,
    })
  })

  it.each([
    ['POST /hooks/a?x=1&y=2 HTTP/1.1\nHost: a.example', '/hooks/a', 'x=1&y=2'],
    ['POST https://a.example/hooks/a?x=1 HTTP/1.1\nHost: a.example', '/hooks/a', 'x=1'],
    ['> POST /hooks/a HTTP/2\n> Host: a.example\n> ', '/hooks/a', ''],
    [':method: POST\n:path: /hooks/a?x=1\n:authority: a.example', '/hooks/a', 'x=1'],
  ])('takes path and query of the request line: %j', (text, path, query) => {
    expect(readCapture(Buffer.from(text), body)).toMatchObject({ path, query, headers: { host: 'a.example' } })
  })

  it('joins a header that came twice, as the ingress does', () => {
    expect(readCapture(Buffer.from('A: 1\na: 2'), body).headers).toEqual({ a: '1, 2' })
    expect(readCapture(Buffer.from('{"A": ["1", "2"]}'), body).headers).toEqual({ a: '1, 2' })
  })

  it.each([
    ['Host: a\nsecret without a colon', 'line 2'],
    ['{"a": 1}', 'neither'],
    ['{"a": ', 'JSON'],
  ])('refuses %j without quoting it', (text, said) => {
    const read = () => readCapture(Buffer.from(text), body)
    expect(read).toThrow(CaptureUnreadableError)
    expect(read).toThrow(said)
    expect(read).not.toThrow('secret')
  })
})

describe('readRawRequest', () => {
  it('takes everything after the empty line as the body', () => {
    const raw = Buffer.concat([Buffer.from('POST /a?b=1 HTTP/1.1\r\nHost: h\r\n\r\n'), body])
    expect(readRawRequest(raw)).toEqual({ rawBody: body, headers: { host: 'h' }, path: '/a', query: 'b=1' })
  })

  it('puts chunks together', () => {
    const raw = 'POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4;x=1\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n'
    expect(readRawRequest(Buffer.from(raw)).rawBody.toString()).toBe('{"a":1}')
  })

  it.each(['Host: h\r\n\r\n', 'POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{"a":1}', ''])(
    'refuses %j',
    (text) => {
      expect(() => readRawRequest(Buffer.from(text))).toThrow(CaptureUnreadableError)
    },
  )
})
