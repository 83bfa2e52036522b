import { hash } from 'node:crypto'
import { gunzipSync, inflateSync } from 'node:zlib'
import {
  type DoctorWebhook,
  distinct,
  type Effort,
  expected,
  type FindingWord,
  finding,
  type Variant,
} from './diagnose-finding.ts'
import { jsonStyles, quickJsonStyles, readJson, toEnvelopeOrder, writeJson } from './diagnose-json.ts'

/** Larger bodies are not written anew in the ingress, bytes: a webhook has a few kilobytes. */
const MAX_QUICK_BYTES = 16_384
/** Larger bodies are not written anew at all, bytes. */
const MAX_THOROUGH_BYTES = 1_048_576
const BOM = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * The bodies that may have been signed, guessed from the one that we have: what proxies, frameworks, editors and gateways
 * do to a body, undone. The bytes that were received come first.
 */
export function bodyVariants(webhook: DoctorWebhook, effort: Effort): readonly Variant<Buffer>[] {
  const { rawBody } = webhook
  if (rawBody.length === 0) return [expected(rawBody)]
  const maxBytes = effort === 'quick' ? MAX_QUICK_BYTES : MAX_THOROUGH_BYTES
  const isSmall = rawBody.length <= maxBytes
  const variants = [
    expected(rawBody),
    ...newlineVariants(rawBody),
    ...bomVariants(rawBody),
    ...addedVariants(webhook),
    ...(isSmall ? [...encodingVariants(rawBody), ...jsonVariants(rawBody, effort)] : []),
  ]
  return distinct(variants, (body) => hash('sha256', body, 'base64'))
}

function newlineVariants(body: Buffer): readonly Variant<Buffer>[] {
  const text = body.toString('latin1')
  const saved = 'an editor, echo or a proxy did it: pass on the bytes as they came'
  const variant = (changed: string, said: string) =>
    changed === text ? [] : [form('body-newline', Buffer.from(changed, 'latin1'), `signed ${said}; ${saved}`)]
  const lf = text.replaceAll('\r\n', '\n')
  return [
    ...variant(text.replace(/[\r\n]+$/, ''), 'without the newline at the end'),
    ...variant(`${text}\n`, 'with a newline at the end'),
    ...variant(`${text}\r\n`, 'with CR LF at the end'),
    ...variant(lf, 'with LF for CR LF'),
    ...variant(lf.replaceAll('\n', '\r\n'), 'with CR LF for LF'),
  ]
}

function bomVariants(body: Buffer): readonly Variant<Buffer>[] {
  return body.subarray(0, 3).equals(BOM)
    ? [
        form(
          'body-bom',
          body.subarray(3),
          'signed without the byte order mark in front: something on the way, or an editor, added it',
        ),
      ]
    : [form('body-bom', Buffer.concat([BOM, body]), 'signed with a byte order mark in front, which was taken away')]
}

function addedVariants({ rawBody, headers }: DoctorWebhook): readonly Variant<Buffer>[] {
  const length = Number(headers['content-length'] ?? Number.NaN)
  const cut =
    length > 0 && length < rawBody.length
      ? [
          form(
            'body-added',
            rawBody.subarray(0, length),
            `content-length says ${length} bytes, there are ${rawBody.length}: the signature holds for the first ${length}`,
          ),
        ]
      : []
  return [...cut, form('body-added', Buffer.alloc(0), 'signed without a body: something on the way added one')]
}

/** Text that was decoded by one encoding and written in another, and bodies that were packed for the way. */
function encodingVariants(body: Buffer): readonly Variant<Buffer>[] {
  const text = body.toString('utf8')
  const isAscii = !body.some((byte) => byte > 0x7f)
  const fromUtf16 = Buffer.from(body.toString('utf16le').replace(/^\ufeff/, ''))
  return [
    ...(isAscii ? [] : mistakenVariants(body, text)),
    ...(body.includes(0) ? encoded(fromUtf16, 'as UTF-8, then written as UTF-16') : []),
    ...packedVariants(body, text),
  ]
}

function mistakenVariants(body: Buffer, text: string): readonly Variant<Buffer>[] {
  return [
    ...encoded(toBytes(text, latin1Codes), 'as UTF-8, then read as Latin-1 and written as UTF-8'),
    ...encoded(Buffer.from(body.toString('latin1')), 'as UTF-8, then written as Latin-1'),
    ...encoded(toBytes(text, cp1252Codes), 'as UTF-8, then read as Windows-1252 and written as UTF-8'),
    ...encoded(Buffer.from(text.normalize('NFC')), 'in Unicode form NFC'),
    ...encoded(Buffer.from(text.normalize('NFD')), 'in Unicode form NFD'),
  ]
}

function encoded(body: Buffer | null, said: string): readonly Variant<Buffer>[] {
  const next = 'Verify the bytes as they came, before anything decodes them'
  return body === null || body.length === 0 ? [] : [form('body-encoding', body, `signed ${said}. ${next}`)]
}

function packedVariants(body: Buffer, text: string): readonly Variant<Buffer>[] {
  return [
    ...(/^[A-Za-z0-9+/\r\n]+={0,2}\s*$/.test(text)
      ? encoded(Buffer.from(text, 'base64'), 'before it was encoded as base64, as some gateways do')
      : []),
    ...(body[0] === 0x1f && body[1] === 0x8b
      ? encoded(inflate(body, gunzipSync), 'before it was compressed by gzip')
      : []),
    ...(body[0] === 0x78 ? encoded(inflate(body, inflateSync), 'before it was compressed by deflate') : []),
  ]
}

/** JSON that was parsed and written anew, guessed back. */
function jsonVariants(body: Buffer, effort: Effort): readonly Variant<Buffer>[] {
  const value = readJson(body.toString('utf8').replace(/^\ufeff/, ''))
  if (value === undefined) return []
  if (typeof value === 'string') return [reserialised(value, 'before it was wrapped into a JSON string')]
  const styles = effort === 'quick' ? quickJsonStyles : jsonStyles
  const reordered = toEnvelopeOrder(value)
  return styles.flatMap((style) => {
    const written = writeJson(value, style)
    const ordered = reordered === null ? null : writeJson(reordered, style)
    return [
      ...(written === null ? [] : [reserialised(written, style.said), ...withNewline(written, style.said, effort)]),
      ...(ordered === null || style.keys === 'sorted'
        ? []
        : [reserialised(ordered, `${style.said}, in Bird's order of keys`)]),
    ]
  })
}

function reserialised(text: string, said: string): Variant<Buffer> {
  return form(
    'body-reserialised',
    Buffer.from(text),
    `signed ${said}: something parsed the body and wrote it anew. Verify the bytes as they came`,
  )
}

function withNewline(text: string, said: string, effort: Effort): readonly Variant<Buffer>[] {
  if (effort === 'quick') return []
  const { value, findings } = reserialised(`${text}\n`, said)
  return [{ value, findings: [...findings, finding('body-newline', 'signed with a newline at the end')] }]
}

const latin1Codes = new Map(Array.from({ length: 256 }, (_, byte) => [String.fromCharCode(byte), byte]))
const cp1252Codes = new Map(
  Array.from({ length: 256 }, (_, byte) => [new TextDecoder('windows-1252').decode(Uint8Array.of(byte)), byte]),
)

/** The bytes of a text in a one-byte encoding, or null where a character is not in it. */
function toBytes(text: string, codes: ReadonlyMap<string, number>): Buffer | null {
  const bytes: number[] = []
  for (const character of text) {
    const byte = codes.get(character)
    if (byte === undefined) return null
    bytes.push(byte)
  }
  return Buffer.from(bytes)
}

function inflate(body: Buffer, unpack: (body: Buffer, options: { maxOutputLength: number }) => Buffer): Buffer | null {
  try {
    return unpack(body, { maxOutputLength: MAX_THOROUGH_BYTES })
  } catch {
    return null
  }
}

function form(what: FindingWord, value: Buffer, detail: string): Variant<Buffer> {
  return { value, findings: [finding(what, detail)] }
}
