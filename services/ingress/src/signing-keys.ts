import { readFileSync } from 'node:fs'
import type { SchemeName, SigningKey } from '@murmuration/bird'

export type Env = Readonly<Record<string, string | undefined>>

/** Where a secret is read from: exactly one of the two. */
export interface KeyEntry {
  readonly id: string
  readonly file?: string | undefined
  readonly env?: string | undefined
}

/** Shorter secrets can be guessed, bytes. */
const MIN_KEY_BYTES = 8

/**
 * Reads a signing key.
 *
 * @returns the key, or what is wrong with it; never the secret
 */
export function readSigningKey(entry: KeyEntry, env: Env): SigningKey | string {
  if ((entry.file === undefined) === (entry.env === undefined)) return 'wants exactly one of file and env'
  const secret = readSecret(entry, env)
  if (secret === undefined) return `key ${entry.id} is empty or unreadable`
  if (Buffer.byteLength(secret) < MIN_KEY_BYTES) return `key ${entry.id} is shorter than ${MIN_KEY_BYTES} bytes`
  return createSigningKey(entry.id, secret)
}

/** A key whose secret no log line, JSON or inspection of it shows: it can't be listed. */
export function createSigningKey(id: string, secret: string): SigningKey {
  return Object.defineProperty({ id }, 'secret', { value: secret, enumerable: false }) as SigningKey
}

/** What is wrong with the keys of one source as a set; nothing of a secret. Pure. */
export function findKeyProblems(scheme: SchemeName, keys: readonly SigningKey[]): readonly string[] {
  const problems = keys.flatMap(({ id }, at) => {
    const twice = keys.findIndex((other) => other.id === id) < at
    return twice ? [`two keys have the id ${id}`] : []
  })
  for (const [at, { id, secret }] of keys.entries()) {
    const first = keys.find((other) => other.secret === secret)
    if (first !== undefined && keys.indexOf(first) < at) problems.push(`keys ${first.id} and ${id} are the same secret`)
    if (scheme === 'standard-webhooks' && !isBase64(secret.replace(/^whsec_/, ''))) {
      problems.push(`key ${id} is no whsec_ secret: what follows the prefix must be base64`)
    }
  }
  return problems
}

function isBase64(text: string): boolean {
  return text !== '' && Buffer.from(text, 'base64').toString('base64') === text
}

function readSecret(key: KeyEntry, env: Env): string | undefined {
  try {
    const text = key.file === undefined ? env[key.env ?? ''] : readFileSync(key.file, 'utf8').replace(/\r?\n$/, '')
    return text === '' ? undefined : text
  } catch {
    return undefined
  }
}
