import type { ErrorCode } from './error-codes.ts'

/**
 * What the consumer does with the record that met this error.
 *
 * `retry` again later within the plan; `dead-letter` this record is bad for this sink, move it aside; `quarantine`
 * nobody can read it; `wait` something we depend on is down, nothing moves and nothing counts as tried; `stop` leave
 * the offset, close, exit non-zero.
 */
export type Disposition = 'retry' | 'dead-letter' | 'quarantine' | 'wait' | 'stop'

/**
 * Base of every error of the taxonomy. Subclasses live in the package that owns the cause, carry facts as fields, and
 * keep foreign errors as `cause`. Messages are for people: no secret, no personal data.
 */
export abstract class PipelineError extends Error {
  abstract readonly code: ErrorCode
  abstract readonly disposition: Disposition

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** The code of any thrown value: its own for ours, `MUR_UNCLASSIFIED` for everything else. */
export function errorCodeOf(error: unknown): ErrorCode {
  return error instanceof PipelineError ? error.code : 'MUR_UNCLASSIFIED'
}

/** One line for people: the message and, where there is one, the message of its cause. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error && error.cause.message !== '' ? `: ${error.cause.message}` : ''
  return `${error.message}${cause}`
}

/**
 * What a log line may say of any thrown value.
 *
 * Our own messages carry no personal data; a foreign one might quote what it choked on, so of an error outside the
 * taxonomy only its class and where it was thrown are told.
 */
export function errorLogFields(error: unknown): Readonly<Record<string, string>> {
  const errorCode = errorCodeOf(error)
  if (error instanceof PipelineError) return { errorCode, error: describeError(error) }
  if (!(error instanceof Error)) return { errorCode, error: `thrown ${typeof error}` }
  const frames = error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at ')) ?? []
  return { errorCode, error: error.name, stack: frames.slice(0, 8).join('\n') }
}

/** Ends an exhaustive switch; reached only when a value lies outside its type. */
export function assertNever(value: never): never {
  throw new TypeError(`value outside its type: ${JSON.stringify(value)}`)
}
