import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxNesting, parseWebhook } from './parse-webhook.ts'
import { parsed, thrownBy, verified } from './webhook.fixture.ts'
import { WebhookUnreadableError } from './webhook-unreadable-error.ts'

function reasonOf(body: Buffer | string): string {
  const error = thrownBy(() => parseWebhook(verified(Buffer.from(body))))
  return error instanceof WebhookUnreadableError ? error.reason : `not refused: ${String(error)}`
}

function nested(depth: number): string {
  return `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
}

describe('parseWebhook', () => {
  it('reads the envelope, and keeps the body as value and as text', () => {
    const text = '{"service":"channels","event":"whatsapp.inbound","payload":{"id":"m"}}'
    expect(parsed(text)).toMatchObject({
      service: 'channels',
      event: 'whatsapp.inbound',
      payload: { id: 'm' },
      body: { service: 'channels' },
      text,
    })
  })

  it('parses an object that is no envelope', () => {
    expect(parsed('{}')).toMatchObject({ service: '', event: '', payload: {} })
    expect(parsed('{"service":1,"event":null,"payload":[1]}')).toMatchObject({ service: '', event: '', payload: {} })
  })

  it.each([
    ['empty', Buffer.alloc(0)],
    ['empty', Buffer.from([0xef, 0xbb, 0xbf])],
    ['invalid-utf8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['invalid-utf8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['invalid-utf8', Buffer.from('{"a":"b"}', 'utf16le').subarray(0, 1).fill(0xc3)],
    ['invalid-json', Buffer.from(' ')],
    ['invalid-json', Buffer.from('{"a":1,}')],
    ['invalid-json', Buffer.from('{"a":"b')],
    ['invalid-json', Buffer.from('{} {}')],
    ['not-an-object', Buffer.from('[]')],
    ['not-an-object', Buffer.from('null')],
    ['not-an-object', Buffer.from('"text"')],
    ['not-an-object', Buffer.from('1')],
  ])('refuses as %s: %j', (reason, body) => {
    expect(reasonOf(body)).toBe(reason)
  })

  it('skips a leading byte order mark, and only a leading one', () => {
    const body = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{"a":"\ufeff"}')])
    expect(parseWebhook(verified(body))).toMatchObject({ body: { a: '\ufeff' }, text: '{"a":"\ufeff"}' })
  })

  it('refuses what is nested too deeply, without ending the process', () => {
    expect(reasonOf(nested(maxNesting))).toBe('not refused: undefined')
    expect(reasonOf(nested(maxNesting + 1))).toBe('too-deep')
    expect(reasonOf(nested(100_000))).toBe('too-deep')
    expect(reasonOf('{"a":'.repeat(100_000))).toBe('too-deep')
    expect(reasonOf(']'.repeat(100_000) + '['.repeat(100_000))).toBe('invalid-json')
  })

  it('counts no bracket inside a string', () => {
    expect(reasonOf(JSON.stringify({ a: '["{\\'.repeat(1000) }))).toBe('not refused: undefined')
  })

  it('agrees with a recursive count on any JSON', () => {
    const level = fc.record({ inArray: fc.boolean(), sibling: fc.jsonValue({ maxDepth: 2 }) })
    const spine = fc.array(level, { minLength: maxNesting - 10, maxLength: maxNesting + 10, size: 'max' })
    fc.assert(
      fc.property(spine, (levels) => {
        let body: unknown = {}
        for (const { inArray, sibling } of levels) body = inArray ? [sibling, body] : { '"{': sibling, ']\\': body }
        const wrapped = { body }
        expect(reasonOf(JSON.stringify(wrapped))).toBe(
          depthOf(wrapped) > maxNesting ? 'too-deep' : 'not refused: undefined',
        )
      }),
    )
  })

  it('lets a __proto__ key reach no prototype', () => {
    const webhook = parsed('{"__proto__":{"service":"channels","polluted":1},"payload":{"__proto__":{"id":"x"}}}')
    expect(webhook.service).toBe('')
    expect(webhook.payload.id).toBeUndefined()
    expect(Object.hasOwn(webhook.body, '__proto__')).toBe(true)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('takes the last of duplicate keys', () => {
    expect(parsed('{"event":"a","event":"b"}').event).toBe('b')
  })

  it('quotes nothing of the body in its error', () => {
    const error = thrownBy(() => parsed('{"text":"+310000000000"'))
    expect(error).toBeInstanceOf(WebhookUnreadableError)
    expect(error).not.toHaveProperty('cause')
    expect(String(error)).not.toContain('31000')
  })
})

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Object.values(value).reduce((deepest: number, child) => Math.max(deepest, depthOf(child)), 0)
}
