import { readFileSync } from 'node:fs'
import { type SchemeName, type SigningKey, schemeNames } from '@murmuration/bird'
import { ConfigInvalidError } from '@murmuration/config'
import { parse } from 'yaml'
import { z } from 'zod'

/** One webhook endpoint: one subscription at Bird, or several that share URL and keys. */
export interface Source {
  /** Names it in events, metrics and logs. */
  readonly name: string
  readonly scheme: SchemeName
  readonly workspaceId: string
  /** Path on the public port. */
  readonly path: string
  /** The URL registered at Bird, byte for byte: it is what Bird signs. */
  readonly publicUrl: string
  /** Active keys, newest first. */
  readonly signingKeys: readonly SigningKey[]
  readonly maxAgeMs: number
  readonly clockSkewMs: number
}

const signingKey = z
  .strictObject({ id: z.string().min(1).max(64), file: z.string().optional(), env: z.string().optional() })
  .refine((key) => (key.file === undefined) !== (key.env === undefined), 'wants exactly one of file and env')

const sourcesFile = z.strictObject({
  sources: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'wants lower-case letters, digits and dashes'),
        scheme: z.enum(schemeNames),
        workspaceId: z.string().min(1),
        path: z.string().regex(/^\/[A-Za-z0-9/_.~-]*$/, 'wants an absolute path without a query'),
        publicUrl: z.url({ protocol: /^https?$/ }),
        signingKeys: z.array(signingKey).min(1),
        maxAgeHours: z.number().positive().max(168).default(24),
        clockSkewSeconds: z.number().min(0).max(3_600).default(300),
      }),
    )
    .min(1),
})

/**
 * Reads the sources and their keys.
 *
 * @throws {ConfigInvalidError} listing every problem of the file at once; never a key
 */
export function readSources(file: string, env: Readonly<Record<string, string | undefined>>): readonly Source[] {
  return parseSources(readText(file), { file, env })
}

/** Parses the text of a sources file. @throws {ConfigInvalidError} */
export function parseSources(
  text: string,
  input: { readonly file: string; readonly env: Readonly<Record<string, string | undefined>> },
): readonly Source[] {
  const parsed = sourcesFile.safeParse(parseYaml(text, input.file))
  if (!parsed.success) {
    throw new ConfigInvalidError(
      parsed.error.issues.map((issue) => `${input.file}: ${issue.path.join('.')} ${issue.message}`),
    )
  }
  const problems: string[] = []
  const sources = parsed.data.sources.map((source, index) => ({
    name: source.name,
    scheme: source.scheme,
    workspaceId: source.workspaceId,
    path: source.path,
    publicUrl: source.publicUrl,
    maxAgeMs: source.maxAgeHours * 60 * 60_000,
    clockSkewMs: source.clockSkewSeconds * 1_000,
    signingKeys: source.signingKeys.flatMap((key) => {
      const secret = readKey(key, input.env)
      if (secret === undefined) problems.push(`${input.file}: sources.${index} key ${key.id} is empty or unreadable`)
      return secret === undefined ? [] : [{ id: key.id, secret }]
    }),
  }))
  for (const field of ['name', 'path'] as const) {
    const seen = new Set<string>()
    for (const source of sources) {
      if (seen.has(source[field])) problems.push(`${input.file}: two sources have the ${field} ${source[field]}`)
      seen.add(source[field])
    }
  }
  if (problems.length > 0) throw new ConfigInvalidError(problems)
  return sources
}

function readKey(
  key: { file?: string | undefined; env?: string | undefined },
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
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
    return parse(text)
  } catch (error) {
    throw new ConfigInvalidError([`${file}: is not YAML: ${(error as Error).message}`])
  }
}
