import { hash } from 'node:crypto'
import { gunzipSync, inflateSync } from 'node:zlib'
import {
  type DoctorWebhook,
  distinct,
  type Effort,
  expected,
  type Finding,
  type FindingWord,
  finding,
  type Variant,
} from './diagnose-finding.ts'
import { isJson, jsonStyles, quickJsonStyles, readJson, toEnvelopeOrder, writeJson } from './diagnose-json.ts'

/** Larger bodies are not changed in the ingress, bytes: a webhook has a few kilobytes. */
const MAX_QUICK_BYTES = 16_384
/** Larger bodies are written in the quick styles alone, bytes. */
const MAX_STYLED_BYTES = 65_536
/** Larger bodies are not changed at all, bytes. */
const MAX_THOROUGH_BYTES = 1_048_576
const LF = 0x0a
const CR = 0x0d
const OPEN_OBJECT = 0x7b
const OPEN_LIST = 0x5b
const BOM = Buffer.from([0xef, 0xbb, 0xbf])

/** A body that may have been signed. */
export interface BodyForm {
  readonly bytes: Buffer
  readonly sha256: Buffer
}

/**
 * The bodies that may have been signed, guessed from the one that we have: what proxies, frameworks, editors and gateways
 * do to a body, undone. The bytes that were received come first.
 *
 * Anybody chooses these bytes, so whatever runs here takes time in proportion to their number.
 */
export function bodyVariants(webhook: DoctorWebhook, effort: Effort): readonly Variant<BodyForm>[] {
  const { rawBody } = webhook
  const none = form('body-added', Buffer.alloc(0), 'signed without a body: something on the way added one')
  const isSmall = rawBody.length <= (effort === 'quick' ? MAX_QUICK_BYTES : MAX_THOROUGH_BYTES)
  const changed = () => [
    ...newlineVariants(rawBody),
    ...bomVariants(rawBody),
    ...cutVariants(webhook),
    none,
    ...encodingVariants(rawBody, effort),
    ...jsonVariants(rawBody, effort),
  ]
  const variants = [expected(rawBody), ...(rawBody.length === 0 ? [] : isSmall ? changed() : [none])]
  const hashed = variants.map(({ value: bytes, findings }) => {
    return { value: { bytes, sha256: hash('sha256', bytes, 'buffer') }, findings }
  })
  return distinct(hashed, ({ sha256 }) => sha256.toString('latin1'))
}

function newlineVariants(body: Buffer): readonly Variant<Buffer>[] {
  const text = body.toString('latin1')
  const saved = 'an editor, echo or a proxy did it: pass on the bytes as they came'
  const variant = (changed: string, said: string) =>
    changed === text ? [] : [form('body-newline', Buffer.from(changed, 'latin1'), `signed ${said}; ${saved}`)]
  const lf = text.replaceAll('\r\n', '\n')
  return [
    ...variant(text.slice(0, endOfText(body)), 'without the newline at the end'),
    ...variant(`${text}\n`, 'with a newline at the end'),
    ...variant(`${text}\r\n`, 'with CR LF at the end'),
    ...variant(lf, 'with LF for CR LF'),
    ...variant(lf.replaceAll('\n', '\r\n'), 'with CR LF for LF'),
  ]
}

/** Where the line ends at the end begin. */
function endOfText(body: Buffer): number {
  let end = body.length
  while (end > 0 && (body[end - 1] === LF || body[end - 1] === CR)) end -= 1
  return end
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

function cutVariants({ rawBody, headers }: DoctorWebhook): readonly Variant<Buffer>[] {
  const length = Number(headers['content-length'] ?? Number.NaN)
  if (!(length > 0 && length < rawBody.length)) return []
  const detail = `content-length says ${length} bytes, there are ${rawBody.length}: the signature holds for the first ${length}`
  return [form('body-added', rawBody.subarray(0, length), detail)]
}

/** Fewer bytes than the request said; cannot be proven, since the rest is not there. */
export function truncatedFinding({ headers, rawBody }: DoctorWebhook): Finding | null {
  const length = Number(headers['content-length'] ?? Number.NaN)
  if (!(length > rawBody.length)) return null
  const detail = `content-length says ${length} bytes, there are ${rawBody.length}: the end of the body is missing`
  return finding('body-truncated', detail)
}

/** No body where each webhook has one. Cannot be proven, since it is not there. */
export function emptiedFinding({ rawBody }: DoctorWebhook): Finding | null {
  const detail =
    'the body is empty, and no webhook of Bird is: something on the way, or the capture, dropped it (not proven)'
  return rawBody.length === 0 ? finding('body-missing', detail) : null
}

/** JSON that begins and does not end. Proves nothing: other bodies are no JSON either. */
export function brokenFinding({ rawBody }: DoctorWebhook): Finding | null {
  if (rawBody[0] !== OPEN_OBJECT && rawBody[0] !== OPEN_LIST) return null
  const detail = 'the body begins like JSON and is none: its end may be missing (not proven)'
  return isJson(rawBody.toString('utf8')) ? null : finding('body-truncated', detail)
}

/** Text that was decoded by one encoding and written in another, and bodies that were packed for the way. */
function encodingVariants(body: Buffer, effort: Effort): readonly Variant<Buffer>[] {
  const text = body.toString('utf8')
  const isAscii = !body.some((byte) => byte > 0x7f)
  const fromUtf16 = Buffer.from(body.toString('utf16le').replace(/^\ufeff/, ''))
  return [
    ...(isAscii ? [] : mistakenVariants(body, text)),
    ...(body.includes(0) ? encoded(fromUtf16, 'as UTF-8, then written as UTF-16') : []),
    ...packedVariants(body, { text, maxBytes: effort === 'quick' ? MAX_STYLED_BYTES : MAX_THOROUGH_BYTES }),
  ]
}

function mistakenVariants(body: Buffer, text: string): readonly Variant<Buffer>[] {
  return [
    ...encoded(toBytes(text, latin1Codes), 'as UTF-8, then read as Latin-1 and written as UTF-8'),
    ...encoded(Buffer.from(body.toString('latin1')), 'as UTF-8, then written as Latin-1'),
    ...encoded(toBytes(text, cp1252Codes), 'as UTF-8, then read as Windows-1252 and written as UTF-8'),
    // Marks are sorted one by one: a long run of them, which no text has, would take its square.
    ...(/\p{M}{31}/u.test(text)
      ? []
      : [
          ...encoded(Buffer.from(text.normalize('NFC')), 'in Unicode form NFC'),
          ...encoded(Buffer.from(text.normalize('NFD')), 'in Unicode form NFD'),
        ]),
  ]
}

function encoded(body: Buffer | null, said: string): readonly Variant<Buffer>[] {
  const next = 'Verify the bytes as they came, before anything decodes them'
  return body === null || body.length === 0 ? [] : [form('body-encoding', body, `signed ${said}. ${next}`)]
}

function packedVariants(
  body: Buffer,
  { text, maxBytes }: { readonly text: string; readonly maxBytes: number },
): readonly Variant<Buffer>[] {
  return [
    ...(/^[A-Za-z0-9+/]+={0,2}$/.test(text.replaceAll(/[\r\n]/g, ''))
      ? encoded(Buffer.from(text, 'base64'), 'before it was encoded as base64, as some gateways do')
      : []),
    ...(body[0] === 0x1f && body[1] === 0x8b
      ? encoded(inflate(body, { unpack: gunzipSync, maxBytes }), 'before it was compressed by gzip')
      : []),
    ...(body[0] === 0x78
      ? encoded(inflate(body, { unpack: inflateSync, maxBytes }), 'before it was compressed by deflate')
      : []),
  ]
}

/** JSON that was parsed and written anew, guessed back. */
function jsonVariants(body: Buffer, effort: Effort): readonly Variant<Buffer>[] {
  const tree = readJson(body.toString('utf8').replace(/^\ufeff/, ''))
  if (tree === null) return []
  if (typeof tree === 'string') {
    const text: unknown = JSON.parse(tree)
    return typeof text === 'string' ? [reserialised(text, 'before it was wrapped into a JSON string')] : []
  }
  const styles = effort === 'quick' || body.length > MAX_STYLED_BYTES ? quickJsonStyles : jsonStyles
  const reordered = toEnvelopeOrder(tree)
  return styles.flatMap((style) => {
    const written = writeJson(tree, style)
    const ordered = reordered === null ? null : writeJson(reordered, style)
    return [
      reserialised(written, style.said),
      ...withNewline(written, style.said, effort),
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

interface Unpacking {
  readonly unpack: (body: Buffer, options: { readonly maxOutputLength: number }) => Buffer
  readonly maxBytes: number
}

function inflate(body: Buffer, { unpack, maxBytes }: Unpacking): Buffer | null {
  try {
    return unpack(body, { maxOutputLength: maxBytes })
  } catch {
    return null
  }
}

function form(what: FindingWord, value: Buffer, detail: string): Variant<Buffer> {
  return { value, findings: [finding(what, detail)] }
}
