import { readFileSync } from 'node:fs'
import { type SchemeName, type SigningKey, schemeNames } from '@murmuration/bird'
import { ConfigInvalidError } from '@murmuration/config'
import { parse, YAMLParseError } from 'yaml'
import { z } from 'zod'

/** One webhook endpoint: one subscription at Bird, or several that share URL and keys. */
export interface Source {
  /** Names it in events, metrics and logs. */
  readonly name: string
  readonly scheme: SchemeName
  readonly workspaceId: string
  /** Path on the public port. */
  readonly path: string
  /** The URLs registered at Bird, byte for byte: they are what Bird signs. One per subscription; mostly the same one. */
  readonly publicUrls: readonly string[]
  /** Active keys, newest first. */
  readonly signingKeys: readonly SigningKey[]
  readonly maxAgeMs: number
  readonly clockSkewMs: number
}

type Env = Readonly<Record<string, string | undefined>>

function toSigningKeySchema(env: Env) {
  return z
    .strictObject({ id: z.string().min(1).max(64), file: z.string().optional(), env: z.string().optional() })
    .refine((key) => (key.file === undefined) !== (key.env === undefined), 'wants exactly one of file and env')
    .transform((key, context): SigningKey => {
      const secret = readKey(key, env)
      if (secret !== undefined) return { id: key.id, secret }
      context.addIssue(`key ${key.id} is empty or unreadable`)
      return z.NEVER
    })
}

function toSourcesFileSchema(env: Env) {
  return z.strictObject({
    sources: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'wants lower-case letters, digits and dashes'),
          scheme: z.enum(schemeNames),
          workspaceId: z.string().min(1),
          path: z.string().regex(/^\/[A-Za-z0-9/_.~-]*$/, 'wants an absolute path without a query'),
          publicUrl: z.url({ protocol: /^https?$/ }),
          signingKeys: z.array(toSigningKeySchema(env)).min(1),
          maxAgeHours: z.number().positive().max(168).default(24),
          clockSkewSeconds: z.number().min(0).max(3_600).default(300),
        }),
      )
      .min(1),
  })
}

/**
 * Reads the sources and their keys.
 *
 * @throws {ConfigInvalidError} listing every problem of the file at once; never a key
 */
export function readSources(file: string, env: Env): readonly Source[] {
  return parseSources(readText(file), { file, env })
}

/** Parses the text of a sources file. @throws {ConfigInvalidError} */
export function parseSources(text: string, input: { readonly file: string; readonly env: Env }): readonly Source[] {
  const value = parseYaml(text, input.file)
  const parsed = toSourcesFileSchema(input.env).safeParse(value)
  const issues = parsed.error?.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`) ?? []
  const problems = [...issues, ...findDuplicates(value)].map((problem) => `${input.file}: ${problem}`)
  if (!parsed.success || problems.length > 0) throw new ConfigInvalidError(problems)
  return parsed.data.sources.map((source) => ({
    name: source.name,
    scheme: source.scheme,
    workspaceId: source.workspaceId,
    path: source.path,
    publicUrls: [source.publicUrl],
    maxAgeMs: source.maxAgeHours * 60 * 60_000,
    clockSkewMs: source.clockSkewSeconds * 1_000,
    signingKeys: source.signingKeys,
  }))
}

/** Looks at the file before it is known to be well-formed, so that duplicates are told along with everything else. */
function findDuplicates(value: unknown): readonly string[] {
  const sources: readonly unknown[] =
    isRecord(value) && Array.isArray(value.sources) ? value.sources.filter(isRecord) : []
  return (['name', 'path'] as const).flatMap((field) => {
    const values = sources.map((source) => (isRecord(source) ? source[field] : undefined))
    const twice = values.filter((name, index) => typeof name === 'string' && values.indexOf(name) < index)
    return [...new Set(twice)].map((name) => `two sources have the ${field} ${String(name)}`)
  })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function readKey(key: { file?: string | undefined; env?: string | undefined }, env: Env): string | undefined {
  try {
    const text = key.file === undefined ? env[key.env ?? ''] : readFileSync(key.file, 'utf8').replace(/\r?\n$/, '')
    return text === '' ? undefined : text
  } catch {
    return undefined
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigInvalidError([`SOURCES_FILE: ${(error as Error).message}`])
  }
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text, { logLevel: 'error' })
  } catch (error) {
    // The parser's own message quotes the line, which may hold a key that was pasted in by mistake.
    const where = error instanceof YAMLParseError ? ` (${error.code}, line ${error.linePos?.[0].line ?? '?'})` : ''
    throw new ConfigInvalidError([`${file}: is not YAML${where}`])
  }
}
