import { isUtf8 } from 'node:buffer'
import { nestsDeeperThan } from './nesting.ts'
import { isJsonObject, type JsonObject, readObject, readText } from './read-field.ts'
import { readQueryFacts } from './read-query-facts.ts'
import type { VerifiedWebhook } from './verified-webhook.ts'
import { type UnreadableReason, WebhookUnreadableError } from './webhook-unreadable-error.ts'

/** Deepest nesting that is read. Bird's own bodies stay below 12; the mappers recurse, so it must be bounded. */
export const maxNesting = 64

/** Service and event of a legacy callback that carries its facts in the query; MessageBird itself names neither. */
export const queryCallback = { service: 'messagebird', event: 'callback' } as const

/** A signed body that is a JSON object. What it says is still anybody's guess: fields are read tolerantly. */
export interface ParsedWebhook {
  readonly verified: VerifiedWebhook
  /** `service` of the envelope; empty where the body names none. */
  readonly service: string
  /** `event` of the envelope; empty where the body names none. */
  readonly event: string
  /** `payload` of the envelope; empty where it is no object. */
  readonly payload: JsonObject
  /** The whole body. */
  readonly body: JsonObject
  /**
   * The whole body as text, exactly as sent: keeps digits that a JavaScript number can't. Of a callback without body
   * the JSON of its signed query's parameters.
   */
  readonly text: string
}

/**
 * Reads a verified body: UTF-8, JSON, an object. Where there is no body but a signed query (legacy status reports are
 * GET requests), the query's parameters are the object.
 *
 * A leading UTF-8 BOM is skipped: the bytes are signed, so it was meant, and JSON readers may ignore it (RFC 8259, 8.1).
 * Of duplicate keys the last one wins, as in JSON.parse. A `__proto__` key is a plain own property and reaches no
 * prototype. Content-Type is not looked at.
 *
 * @throws {WebhookUnreadableError} whose reason says at which step it ended
 */
export function parseWebhook(verified: VerifiedWebhook): ParsedWebhook {
  const facts = verified.rawBody.length === 0 ? readQueryFacts(verified.signedQuery ?? '') : null
  if (facts !== null) {
    return { verified, ...queryCallback, payload: facts, body: facts, text: JSON.stringify(facts) }
  }
  const bytes = withoutBom(verified.rawBody)
  if (bytes.length === 0) throw unreadable('empty')
  if (!isUtf8(bytes)) throw unreadable('invalid-utf8')
  if (nestsDeeperThan(bytes, maxNesting)) throw unreadable('too-deep')
  const text = bytes.toString('utf8')
  const body = parseJson(text)
  if (!isJsonObject(body)) throw unreadable('not-an-object')
  return {
    verified,
    service: readText(body.service) ?? '',
    event: readText(body.event) ?? '',
    payload: readObject(body.payload),
    body,
    text,
  }
}

/** The bytes after a leading UTF-8 byte order mark; a view, no copy. */
function withoutBom(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable('invalid-json')
  }
}

function unreadable(reason: UnreadableReason): WebhookUnreadableError {
  return new WebhookUnreadableError({ reason })
}
