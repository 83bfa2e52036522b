import type { SigningKey } from '@murmuration/bird'
import { z } from 'zod'
import type { FileReader } from './file-reader.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** From where secrets are read. */
export interface SecretInput {
  readonly env: Env
  readonly files: FileReader
}

/** Where a secret is read from: exactly one of the two. */
export type KeyEntry = z.output<typeof keyEntrySchema>

export const keyEntrySchema = z.strictObject({
  id: z.string().min(1).max(64),
  file: z.string().optional(),
  env: z.string().optional(),
})

/** Shorter secrets can be guessed, bytes. They are chosen at Bird, and so are warned of, not refused. */
const SAFE_KEY_BYTES = 16

/** What stands for bytes that are no UTF-8: whoever writes as many of these would sign as the key does. */
const LOST = '\ufffd'

/** The keys of one source that could be read, and everything that is wrong with the list; nothing of a secret. */
export interface ReadKeys {
  readonly keys: readonly SigningKey[]
  readonly problems: readonly string[]
}

/**
 * Reads the signing keys of a source. It takes what the file says before that is known to be well-formed, so that one
 * mistake hides no other; entries of a wrong shape are left to the schema.
 *
 * @param input.scheme as the file says it
 */
export function readSigningKeys(value: unknown, input: SecretInput & { readonly scheme: unknown }): ReadKeys {
  const entries = (Array.isArray(value) ? value : []).map((entry) => keyEntrySchema.safeParse(entry).data)
  const keys: SigningKey[] = []
  const problems: string[] = []
  for (const [at, entry] of entries.entries()) {
    if (entry === undefined) continue
    if (entries.findIndex((other) => other?.id === entry.id) < at) problems.push(` two keys have the id ${entry.id}`)
    const read = readSigningKey(entry, input)
    if (typeof read === 'string') problems.push(`.${at} ${read}`)
    else keys.push(read)
  }
  return { keys, problems: [...problems, ...findSecretProblems(keys, input.scheme)] }
}

/**
 * Reads a signing key.
 *
 * @returns the key, or what is wrong with it; never the secret
 */
function readSigningKey(entry: KeyEntry, input: SecretInput): SigningKey | string {
  if ((entry.file === undefined) === (entry.env === undefined)) return 'wants exactly one of file and env'
  const secret = readSecret(entry, input)
  if (secret === undefined || secret.trim() === '') return `key ${entry.id} is empty or unreadable`
  if (secret.includes(LOST)) {
    return `key ${entry.id} is no text in UTF-8: if it was decoded from base64, store it as it is typed at Bird`
  }
  return createSigningKey(entry.id, secret)
}

/** Whether something stands around the secret that seldom belongs to it: a blank, a line end, a byte order mark. */
export function isPadded({ secret }: SigningKey): boolean {
  return secret.trim() !== secret
}

/** Whether somebody could find out the secret by trying. */
export function isGuessable({ secret }: SigningKey): boolean {
  return Buffer.byteLength(secret) < SAFE_KEY_BYTES
}

/** A key whose secret no log line, JSON or inspection of it shows: it can't be listed. */
export function createSigningKey(id: string, secret: string): SigningKey {
  return Object.defineProperty({ id }, 'secret', { value: secret, enumerable: false }) as SigningKey
}

function findSecretProblems(keys: readonly SigningKey[], scheme: unknown): readonly string[] {
  return keys.flatMap(({ id, secret }, at) => {
    const first = keys.findIndex((other) => other.secret === secret)
    const problems = first < at ? [` keys ${keys[first]?.id} and ${id} are the same secret`] : []
    return scheme !== 'standard-webhooks' || isBase64(secret.replace(/^whsec_/, ''))
      ? problems
      : [...problems, ` key ${id} is no whsec_ secret: what follows the prefix must be base64`]
  })
}

function isBase64(text: string): boolean {
  return text !== '' && Buffer.from(text, 'base64').toString('base64') === text
}

function readSecret(key: KeyEntry, { env, files }: SecretInput): string | undefined {
  try {
    const text = key.file === undefined ? env[key.env ?? ''] : files.read(key.file).replace(/\r?\n$/, '')
    return text === '' ? undefined : text
  } catch {
    return undefined
  }
}
