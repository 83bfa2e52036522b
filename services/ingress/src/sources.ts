import { type SchemeName, type SigningKey, schemeNames } from '@murmuration/bird'
import { ConfigInvalidError } from '@murmuration/config'
import { parse, YAMLParseError } from 'yaml'
import { z } from 'zod'
import { maxBodyBytes } from './config.ts'
import { createFileReader, type FileReader } from './file-reader.ts'
import { type Env, keyEntrySchema, readSigningKeys, type SecretInput } from './signing-keys.ts'

/** One webhook endpoint: one subscription at Bird, or several that share URL and keys. */
export interface Source {
  /** Names it in events, metrics and logs. */
  readonly name: string
  readonly scheme: SchemeName
  readonly workspaceId: string
  /** Path on the public port. */
  readonly path: string
  /**
   * The URLs registered at Bird, byte for byte: they are what Bird signs. One per subscription; mostly the same one. Empty
   * where the scheme signs no URL.
   */
  readonly publicUrls: readonly string[]
  /** Active keys, newest first. Their secrets can't be listed, so a source may be logged. */
  readonly signingKeys: readonly SigningKey[]
  readonly maxAgeMs: number
  readonly clockSkewMs: number
  /** Largest body, bytes; undefined: the server's own limit. */
  readonly maxBodyBytes: number | undefined
  /** Most verified webhooks a second, and how many may come at once; undefined: no limit. */
  readonly rate: { readonly perSecond: number; readonly burst: number } | undefined
}

/** The sources of a file, and the reader of that file and of the keys that it names. */
export interface LoadedSources {
  readonly sources: readonly Source[]
  readonly files: FileReader
}

/** Schemes that sign no registered URL. */
const WITHOUT_URL: ReadonlySet<SchemeName> = new Set(['standard-webhooks', 'messagebird-query'])

/** Byte for byte what Bird signs: of what a URL reader would mend or leave out, no signature would ever match. */
const url = z
  .string()
  .regex(/^https?:\/\/[^\s\\#/?@]+(?:[/?][^\s\\#]*)?$/i, {
    error: 'wants an http or https URL without blanks, backslashes, user name or fragment',
    abort: true,
  })
  .refine((text) => URL.canParse(text), 'is no URL')

const sourceSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'wants lower-case letters, digits and dashes'),
  scheme: z.enum(schemeNames),
  workspaceId: z.string().min(1),
  path: z.string().regex(/^\/[A-Za-z0-9/_.~-]*$/, 'wants an absolute path without a query'),
  publicUrl: url.optional(),
  publicUrls: z.array(url).min(1).optional(),
  signingKeys: z.array(keyEntrySchema).min(1),
  maxAgeHours: z.number().positive().max(168).default(24),
  clockSkewSeconds: z.number().min(0).max(3_600).default(300),
  maxBodyBytes: z.int().min(1_024).max(maxBodyBytes).optional(),
  ratePerSecond: z.number().positive().optional(),
  burst: z.number().min(1).optional(),
})

const fileSchema = z.strictObject({ sources: z.array(sourceSchema).min(1) })

/**
 * Reads the sources and their keys.
 *
 * @param files remembers what was read, also when it is refused
 * @throws {ConfigInvalidError} listing every problem of the file at once; never a key
 */
export function readSources(file: string, env: Env, files: FileReader = createFileReader()): LoadedSources {
  return { sources: parseSources(readText(file, files), { file, env, files }), files }
}

/** Parses the text of a sources file. @throws {ConfigInvalidError} */
export function parseSources(text: string, input: SecretInput & { readonly file: string }): readonly Source[] {
  const value = parseYaml(text, input.file)
  const parsed = fileSchema.safeParse(value)
  const issues = parsed.error?.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`) ?? []
  const entries = listEntries(value)
  const read = entries.map(({ signingKeys, scheme }) => readSigningKeys(signingKeys, { ...input, scheme }))
  const keyProblems = read.flatMap(({ problems }, at) => problems.map((text) => `sources.${at}.signingKeys${text}`))
  const problems = [...issues, ...keyProblems, ...findDuplicates(entries), ...findEntryProblems(entries)].map(
    (problem) => `${input.file}: ${problem}`,
  )
  if (!parsed.success || problems.length > 0) throw new ConfigInvalidError(problems)
  return parsed.data.sources.map((entry, at) => toSource(entry, read[at]?.keys ?? []))
}

function toSource(entry: z.output<typeof sourceSchema>, signingKeys: readonly SigningKey[]): Source {
  const { publicUrl, publicUrls, ratePerSecond, burst } = entry
  return {
    name: entry.name,
    scheme: entry.scheme,
    workspaceId: entry.workspaceId,
    path: entry.path,
    publicUrls: publicUrls ?? (publicUrl === undefined ? [] : [publicUrl]),
    signingKeys,
    maxAgeMs: entry.maxAgeHours * 60 * 60_000,
    clockSkewMs: entry.clockSkewSeconds * 1_000,
    maxBodyBytes: entry.maxBodyBytes,
    // A bucket that holds no whole token would never let anything through.
    rate:
      ratePerSecond === undefined
        ? undefined
        : { perSecond: ratePerSecond, burst: burst ?? Math.max(1, 2 * ratePerSecond) },
  }
}

type Entry = Readonly<Record<string, unknown>>

// The checks below look at the file before it is known to be well-formed, so that all problems are told together.

function listEntries(value: unknown): readonly Entry[] {
  return isRecord(value) && Array.isArray(value.sources) ? value.sources.map(toEntry) : []
}

function findDuplicates(entries: readonly Entry[]): readonly string[] {
  return (['name', 'path'] as const).flatMap((field) => {
    const values = entries.map((entry) => entry[field])
    const twice = values.filter((name, index) => typeof name === 'string' && values.indexOf(name) < index)
    return [...new Set(twice)].map((name) => `two sources have the ${field} ${String(name)}`)
  })
}

function findEntryProblems(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap((entry, at) => {
    const problems: string[] = []
    const given = [entry.publicUrl, entry.publicUrls].filter((urls) => urls !== undefined).length
    const isSigned = schemeNames.some((name) => name === entry.scheme && !WITHOUT_URL.has(name))
    if (given === 2) problems.push(`sources.${at} wants one of publicUrl and publicUrls, not both`)
    if (isSigned && given === 0) problems.push(`sources.${at}.publicUrl is not set: ${String(entry.scheme)} signs it`)
    if (entry.burst !== undefined && entry.ratePerSecond === undefined) {
      problems.push(`sources.${at}.burst says nothing without ratePerSecond`)
    }
    return problems
  })
}

/** What is no record stays in its place, so that the others keep their number. */
function toEntry(value: unknown): Entry {
  return isRecord(value) ? value : {}
}

function isRecord(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null
}

function readText(file: string, files: FileReader): string {
  try {
    return files.read(file)
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
