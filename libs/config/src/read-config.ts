import { readFileSync } from 'node:fs'
import { PipelineError } from '@murmuration/errors'
import { z } from 'zod'
import { Secret } from './secret.ts'

/** One setting: an environment variable, what it means, and how its text is read. */
export interface Setting<T> {
  /** Meaning, unit and origin; becomes the comment in `.env.example`. */
  readonly doc: string
  /** Reads the text of the variable. A schema with a default makes the setting optional. */
  readonly schema: z.ZodType<T>
  /** Sample value for `.env.example` where there is no default. */
  readonly example?: string
}

/** Settings by environment variable name. */
export type Settings = Readonly<Record<string, Setting<unknown>>>

/** What `readConfig` returns for a table of settings. */
export type ConfigOf<S extends Settings> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never }

/** A setting is missing or wrong. Thrown at start, listing every problem; never carries a value. */
export class ConfigInvalidError extends PipelineError {
  readonly code = 'MUR_CONFIG_INVALID'
  readonly disposition = 'stop'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`configuration is invalid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/**
 * Reads every setting of a table, or throws one error that lists all that is wrong.
 *
 * `NAME_FILE` may stand for `NAME`: its content, without the final line break, is the value.
 * @throws {ConfigInvalidError}
 */
export function readConfig<S extends Settings>(settings: S, env: Readonly<Record<string, string | undefined>>) {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(settings)) {
    try {
      const result = setting.schema.safeParse(readVariable(name, env))
      if (result.success) values[name] = result.data
      else problems.push(`${name}: ${toProblem(result.error, setting)}`)
    } catch (error) {
      problems.push(`${name}_FILE: ${(error as Error).message}`)
    }
  }
  if (problems.length > 0) throw new ConfigInvalidError(problems)
  return values as ConfigOf<S>
}

function readVariable(name: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const value = env[name]
  if (value !== undefined && value !== '') return value
  const file = env[`${name}_FILE`]
  return file === undefined || file === '' ? undefined : readFileSync(file, 'utf8').replace(/\r?\n$/, '')
}

function toProblem(error: z.ZodError, setting: Setting<unknown>): string {
  const said = error.issues.map((issue) => issue.message).join('; ')
  return `${said}. ${setting.doc}`
}

/** A whole number. */
export function integer(range: { readonly min: number; readonly max: number }) {
  return z.coerce.number().int().min(range.min).max(range.max)
}

/** A text that must not be empty. */
export function text() {
  return z.string({ error: 'is not set' }).min(1)
}

/** A secret text. */
export function secret() {
  return text().transform((value) => new Secret(value))
}

/** A comma-separated list; blanks are dropped. */
export function list() {
  return z.string({ error: 'is not set' }).transform((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
}
