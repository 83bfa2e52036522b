import { describe, expect, it } from 'vitest'
import { maxNesting, parseWebhook } from './parse-webhook.ts'
import { toEvents } from './to-events.ts'
import { context, thrownBy, verified } from './webhook.fixture.ts'
import { WebhookUnreadableError } from './webhook-unreadable-error.ts'

/** A channels webhook as JSON text, with a piece of JSON text as the user's words. */
function saying(words: string): string {
  return `{"service":"channels","event":"whatsapp.inbound","payload":{"id":"m","body":{"type":"text","text":{"text":${words}}}}}`
}

/** How a signed body ends: the reason of quarantine, or what its one event says. */
function endOf(body: string | Buffer): unknown {
  const webhook = verified(Buffer.from(body))
  const error = thrownBy(() => parseWebhook(webhook))
  if (error !== undefined) return error instanceof WebhookUnreadableError ? error.reason : error
  const [only, ...rest] = toEvents(parseWebhook(webhook), context)
  expect(rest).toEqual([])
  return only?.record === 'message' ? only.event.text : only?.record === 'platform-event' ? only.event.payload : only
}

// Each row stands in the README, under "How a signed body ends".
describe('a signed body', () => {
  it.each([
    ['that is empty', '', 'empty'],
    ['that is a byte order mark', '\ufeff', 'empty'],
    ['of blanks', ' \n', 'invalid-json'],
    ['that is an array', '[{"service":"channels"}]', 'not-an-object'],
    ['that is a string', '"text"', 'not-an-object'],
    ['that is a number', '1e3', 'not-an-object'],
    ['that is null', 'null', 'not-an-object'],
    ['that is invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'invalid-utf8'],
    ['with a surrogate in UTF-8', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]), 'invalid-utf8'],
    ['in UTF-16', Buffer.from('{"a":1}', 'utf16le'), 'invalid-json'],
    ['that is cut short', saying('"Hi"').slice(0, -1), 'invalid-json'],
    ['with bytes after its end', `${saying('"Hi"')}\0`, 'invalid-json'],
    ['with a NUL byte in a text', saying('"a\0b"'), 'invalid-json'],
    ['with NaN', '{"a":NaN}', 'invalid-json'],
    ['nested too deeply', `{"a":${'['.repeat(maxNesting)}${']'.repeat(maxNesting)}}`, 'too-deep'],
    ['that only opens brackets', '['.repeat(1_000_000), 'too-deep'],
  ])('%s goes to quarantine', (_case, body, reason) => {
    expect(endOf(body)).toBe(reason)
  })

  it.each([
    ['with a byte order mark', `\ufeff${saying('"Hi"')}`, 'Hi'],
    ['with an escaped NUL', saying('"a\\u0000b"'), 'a\0b'],
    ['with a lone surrogate', saying('"a\\ud800b"'), 'a\ufffdb'],
    ['with a text of 1 MB', saying(JSON.stringify('x'.repeat(1_000_000))), 'x'.repeat(1_000_000)],
    ['with duplicate keys', saying('"first","text":"last"'), 'last'],
    ['with __proto__ for a text', saying('"Hi","__proto__":{"text":"x"}'), 'Hi'],
    ['with a number for a text', saying('1e999'), null],
  ])('%s is mapped', (_case, body, text) => {
    expect(endOf(body)).toBe(text)
  })

  it.each([
    ['with huge numbers', '{"event":"e","n":1e999,"m":-1e999,"big":123456789012345678901234567890}'],
    ['with 100,000 keys', `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":${index}`).join(',')}}`],
    ['nested as deeply as allowed', `{"a":${'['.repeat(maxNesting - 1)}${']'.repeat(maxNesting - 1)}}`],
    ['that is an empty object', '{}'],
    ['with duplicate keys and __proto__', '{"a":1,"a":2,"__proto__":{"event":"x"}}'],
    ['with a lone surrogate', '{"type":"x","a":"\\ud800"}'],
  ])('%s of no known kind is passed on exactly as sent', (_case, body) => {
    expect(endOf(body)).toBe(body)
  })
})
