import { readFileSync } from 'node:fs'
import { type SchemeName, type SigningKey, schemeNames } from '@murmuration/bird'
import { ConfigInvalidError } from '@murmuration/config'
import { parse, YAMLParseError } from 'yaml'
import { z } from 'zod'
import { type Env, findKeyProblems, type KeyEntry, readSigningKey } from './signing-keys.ts'

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

/** The sources of a file, and the other files that they were read from. */
export interface LoadedSources {
  readonly sources: readonly Source[]
  readonly keyFiles: readonly string[]
}

/** Schemes that sign no registered URL. */
const WITHOUT_URL: ReadonlySet<SchemeName> = new Set(['standard-webhooks', 'messagebird-query'])

function toSourceSchema(env: Env) {
  const url = z.url({ protocol: /^https?$/ })
  const key = z
    .strictObject({ id: z.string().min(1).max(64), file: z.string().optional(), env: z.string().optional() })
    .transform((entry, context): SigningKey => {
      const read = readSigningKey(entry, env)
      if (typeof read !== 'string') return read
      context.addIssue(read)
      return z.NEVER
    })
  const fields = z.strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'wants lower-case letters, digits and dashes'),
    scheme: z.enum(schemeNames),
    workspaceId: z.string().min(1),
    path: z.string().regex(/^\/[A-Za-z0-9/_.~-]*$/, 'wants an absolute path without a query'),
    publicUrl: url.optional(),
    publicUrls: z.array(url).min(1).optional(),
    signingKeys: z.array(key).min(1),
    maxAgeHours: z.number().positive().max(168).default(24),
    clockSkewSeconds: z.number().min(0).max(3_600).default(300),
    maxBodyBytes: z.int().min(1_024).max(16_777_216).optional(),
    ratePerSecond: z.number().positive().optional(),
    burst: z.number().min(1).optional(),
  })
  return fields.superRefine((source, context) => {
    for (const problem of findKeyProblems(source.scheme, source.signingKeys)) context.addIssue(problem)
  })
}

/**
 * Reads the sources and their keys.
 *
 * @throws {ConfigInvalidError} listing every problem of the file at once; never a key
 */
export function readSources(file: string, env: Env): LoadedSources {
  return parseSources(readText(file), { file, env })
}

/** Parses the text of a sources file. @throws {ConfigInvalidError} */
export function parseSources(text: string, input: { readonly file: string; readonly env: Env }): LoadedSources {
  const value = parseYaml(text, input.file)
  const parsed = z.strictObject({ sources: z.array(toSourceSchema(input.env)).min(1) }).safeParse(value)
  const issues = parsed.error?.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`) ?? []
  const entries = listEntries(value)
  const problems = [...issues, ...findDuplicates(entries), ...findUrlProblems(entries)].map(
    (problem) => `${input.file}: ${problem}`,
  )
  if (!parsed.success || problems.length > 0) throw new ConfigInvalidError(problems)
  return { sources: parsed.data.sources.map(toSource), keyFiles: listKeyFiles(entries) }
}

function toSource(entry: z.output<ReturnType<typeof toSourceSchema>>): Source {
  const { publicUrl, publicUrls, ratePerSecond, burst } = entry
  return {
    name: entry.name,
    scheme: entry.scheme,
    workspaceId: entry.workspaceId,
    path: entry.path,
    publicUrls: publicUrls ?? (publicUrl === undefined ? [] : [publicUrl]),
    signingKeys: entry.signingKeys,
    maxAgeMs: entry.maxAgeHours * 60 * 60_000,
    clockSkewMs: entry.clockSkewSeconds * 1_000,
    maxBodyBytes: entry.maxBodyBytes,
    rate: ratePerSecond === undefined ? undefined : { perSecond: ratePerSecond, burst: burst ?? ratePerSecond * 2 },
  }
}

type Entry = Readonly<Record<string, unknown>>

// The checks below look at the file before it is known to be well-formed, so that all problems are told together.

function listEntries(value: unknown): readonly Entry[] {
  return isRecord(value) && Array.isArray(value.sources) ? value.sources.filter(isRecord) : []
}

function findDuplicates(entries: readonly Entry[]): readonly string[] {
  return (['name', 'path'] as const).flatMap((field) => {
    const values = entries.map((entry) => entry[field])
    const twice = values.filter((name, index) => typeof name === 'string' && values.indexOf(name) < index)
    return [...new Set(twice)].map((name) => `two sources have the ${field} ${String(name)}`)
  })
}

function findUrlProblems(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap((entry, at) => {
    const given = [entry.publicUrl, entry.publicUrls].filter((urls) => urls !== undefined).length
    const isSigned = schemeNames.some((name) => name === entry.scheme && !WITHOUT_URL.has(name))
    if (given === 2) return [`sources.${at} wants one of publicUrl and publicUrls, not both`]
    if (isSigned && given === 0) return [`sources.${at}.publicUrl is not set: ${String(entry.scheme)} signs it`]
    return entry.burst !== undefined && entry.ratePerSecond === undefined
      ? [`sources.${at}.burst says nothing without ratePerSecond`]
      : []
  })
}

function listKeyFiles(entries: readonly Entry[]): readonly string[] {
  const keys = entries.flatMap((entry) => entry.signingKeys as readonly KeyEntry[])
  return keys.flatMap((key) => (key.file === undefined ? [] : [key.file]))
}

function isRecord(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null
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
