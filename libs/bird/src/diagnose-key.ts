import {
  type DoctorSource,
  distinct,
  type Effort,
  expected,
  type FindingWord,
  finding,
  type Variant,
} from './diagnose-finding.ts'
import { decodeStandardWebhooksSecret } from './sign-standard-webhooks.ts'
import type { SchemeName, SigningKey } from './signature-scheme.ts'

/** The bytes of an HMAC key, and whose they are. */
export interface KeyForm {
  readonly bytes: Buffer
  readonly keyId: string
}

const PREFIX = 'whsec_'
/** Tried in the ingress: clean, and with a newline or a blank. */
const QUICK_SPACINGS = 3
const base64Pattern = /^[A-Za-z0-9+/_-]{8,}={0,2}$/
const hexPattern = /^([0-9a-f]{2}){4,}$/i

/** The bytes that a scheme makes of a secret, or null where it makes none: such a key never matches. */
function toKeyBytes(scheme: SchemeName, secret: string): Buffer | null {
  const bytes = scheme === 'standard-webhooks' ? decodeStandardWebhooksSecret(secret) : Buffer.from(secret)
  return bytes === null || bytes.length === 0 ? null : bytes
}

/** The keys that may have signed: a source's own, forms that they take by mistake, and the empty one. */
export function keyVariants({ scheme, signingKeys }: DoctorSource, effort: Effort): readonly Variant<KeyForm>[] {
  const own = signingKeys.flatMap(({ id, secret }) => {
    const bytes = toKeyBytes(scheme, secret)
    return bytes === null ? [] : [expected({ bytes, keyId: id })]
  })
  const changed = signingKeys.flatMap((key) => changedKeys(scheme, key, effort))
  const empty = variant(
    Buffer.alloc(0),
    'empty',
    'key-empty',
    'signed with an empty key, which proves nothing: set signingKey at Bird',
  )
  return distinct([...own, ...changed, empty], ({ bytes }) => bytes.toString('base64'))
}

/** The keys of other sources, as `scheme` takes them. */
export function foreignKeys(scheme: SchemeName, others: readonly DoctorSource[]): readonly Variant<KeyForm>[] {
  return others.flatMap((other) =>
    other.signingKeys.flatMap(({ id, secret }) => {
      const bytes = toKeyBytes(scheme, secret)
      const detail = `signed with key ${id} of source ${other.name}: the webhook goes to the wrong path, or carries the wrong key`
      return bytes === null ? [] : [variant(bytes, `${other.name}/${id}`, 'other-source', detail)]
    }),
  )
}

function changedKeys(scheme: SchemeName, key: SigningKey, effort: Effort): readonly Variant<KeyForm>[] {
  return scheme === 'standard-webhooks' ? changedBase64Keys(key) : changedTextKeys(key, effort)
}

/** For schemes whose key is the text of the secret as typed. */
function changedTextKeys({ id, secret }: SigningKey, effort: Effort): readonly Variant<KeyForm>[] {
  const bare = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret
  const decoded = (form: string, bytes: Buffer) =>
    variant(
      bytes,
      id,
      'key-decoded',
      `signed with key ${id} decoded from ${form}: the stored secret is still encoded (as in the data of a Kubernetes Secret), store the key as it is typed at Bird. A sender that is not Bird may decode by mistake`,
    )
  const encoded = (form: 'base64' | 'hex') =>
    variant(
      Buffer.from(Buffer.from(secret).toString(form)),
      id,
      'key-decoded',
      `signed with the ${form} text of key ${id}: the stored secret was decoded, store the key as it is typed at Bird`,
    )
  const bytes = base64Pattern.test(bare) ? Buffer.from(bare, 'base64') : null
  const line = bytes?.at(-1) === 0x0a ? bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1) : null
  const prefix = (text: string, said: string) =>
    variant(Buffer.from(text), id, 'key-prefix', `signed with key ${id} ${said}: store the key as it is at Bird`)
  return [
    ...(bytes === null ? [] : [decoded('base64', bytes)]),
    ...(line === null ? [] : [decoded('base64, without the newline that echo put behind it', line)]),
    ...spacedTexts(secret)
      .slice(0, effort === 'quick' ? QUICK_SPACINGS : undefined)
      .map(({ text, said }) => whitespace(Buffer.from(text), id, said)),
    ...(hexPattern.test(bare) ? [decoded('hex', Buffer.from(bare, 'hex'))] : []),
    bare === secret ? prefix(`${PREFIX}${secret}`, 'and whsec_ in front') : prefix(bare, 'without its whsec_'),
    ...(effort === 'quick' ? [] : [encoded('base64'), encoded('hex'), ...copiedTexts({ id, secret })]),
  ]
}

/** What copying a secret by hand, or writing it into another kind of file, makes of it. */
function copiedTexts({ id, secret }: SigningKey): readonly Variant<KeyForm>[] {
  const store = 'store the key as it is typed at Bird'
  const changed = (text: string, what: FindingWord, said: string) =>
    text === secret ? [] : [variant(Buffer.from(text), id, what, `signed with key ${id} ${said}: ${store}`)]
  return [
    ...changed(secret.replace(/^(export )?\w+=(?=[^=])/, ''), 'key-prefix', 'without the name in front'),
    ...changed(`${secret}=`, 'key-whitespace', 'and = at its end, which was not copied'),
    ...changed(`${secret}==`, 'key-whitespace', 'and == at its end, which was not copied'),
    ...changed(secret.replace(/(\\r)?\\n$/, ''), 'key-whitespace', 'without the \\n at its end'),
    ...changed(secret.replaceAll('-', '+').replaceAll('_', '/'), 'key-decoded', 'in the letters of standard base64'),
    ...changed(decodePercent(secret), 'key-decoded', 'decoded from percent codes'),
  ]
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** For schemes that decode the secret. */
function changedBase64Keys({ id, secret }: SigningKey): readonly Variant<KeyForm>[] {
  const clean = cleanOf(secret)
  const bare = clean.startsWith(PREFIX) ? clean.slice(PREFIX.length) : clean
  const text = (bytes: Buffer, said: string) =>
    variant(bytes, id, 'key-decoded', `signed with key ${id} ${said}; this scheme decodes base64 after whsec_`)
  const cleaned = clean === secret ? null : toKeyBytes('standard-webhooks', clean)
  return [
    text(Buffer.from(secret), 'as text, whsec_ included'),
    ...(cleaned === null ? [] : [whitespace(cleaned, id, 'without the blanks or quotes around it')]),
    text(Buffer.from(bare), 'as text'),
    variant(
      Buffer.from(clean, 'base64'),
      id,
      'key-prefix',
      `signed with key ${id} decoded together with its whsec_: leave the prefix out`,
    ),
    ...(toKeyBytes('standard-webhooks', bare) === null && base64Pattern.test(bare)
      ? [
          text(
            Buffer.from(bare, 'base64'),
            'decoded loosely: the secret is no standard base64, copy it from Bird again',
          ),
        ]
      : []),
    ...(hexPattern.test(bare) ? [text(Buffer.from(bare, 'hex'), 'decoded from hex')] : []),
  ]
}

function whitespace(bytes: Buffer, id: string, said: string): Variant<KeyForm> {
  return variant(bytes, id, 'key-whitespace', `signed with key ${id} ${said}: store exactly what is typed at Bird`)
}

/** What copying a secret into a file or a variable adds or takes away. */
function spacedTexts(secret: string): readonly { readonly text: string; readonly said: string }[] {
  return [
    { text: cleanOf(secret), said: 'without the blanks or quotes around it' },
    { text: `${secret}\n`, said: 'and a newline after it' },
    { text: `${secret} `, said: 'and a blank after it' },
    { text: `${secret}\r\n`, said: 'and CR LF after it' },
    { text: ` ${secret}`, said: 'and a blank before it' },
    { text: `"${secret}"`, said: 'in double quotes' },
    { text: `'${secret}'`, said: 'in single quotes' },
  ]
}

function cleanOf(secret: string): string {
  return secret
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .trim()
}

function variant(bytes: Buffer, keyId: string, what: FindingWord, detail: string): Variant<KeyForm> {
  return { value: { bytes, keyId }, findings: [finding(what, detail)] }
}
