import { errorCodeOf, PipelineError } from '@murmuration/errors'
import { describe, expect, it } from 'vitest'
import { classifyDatabaseError } from './classify-database-error.ts'

const PHONE = '+573001234567'

/** An error as pg makes it of the server's answer: message and detail quote the values. */
function serverError(code: string): Error {
  return Object.assign(new Error(`invalid input: "${PHONE}"`), {
    code,
    severity: 'ERROR',
    detail: `Key (identifier_value)=(${PHONE}) already exists.`,
    where: `unnamed portal parameter $1 = '${PHONE}'`,
    schema: 'crm',
    table: 'contacts',
    constraint: 'contacts_pkey',
  })
}

function dispositionOf(error: unknown): string {
  const classified = classifyDatabaseError(error)
  return classified instanceof PipelineError ? classified.disposition : 'unclassified'
}

describe('classifyDatabaseError', () => {
  it.each(['08006', '08P01', '53300', '53100', '57P01', '57P02', '57P03', '58030', '25006'])(
    'waits on SQLSTATE %s',
    (code) => {
      expect(dispositionOf(serverError(code))).toBe('wait')
      expect(errorCodeOf(classifyDatabaseError(serverError(code)))).toBe('MUR_DATABASE_UNAVAILABLE')
    },
  )

  it.each(['40001', '40P01', '55P03', '57014', '25P03'])('retries on SQLSTATE %s', (code) => {
    expect(dispositionOf(serverError(code))).toBe('retry')
    expect(errorCodeOf(classifyDatabaseError(serverError(code)))).toBe('MUR_DATABASE_CONFLICT')
  })

  it.each(['28P01', '28000', '3D000', '3F000', '42P01', '42703', '42501', '57P04'])('stops on SQLSTATE %s', (code) => {
    expect(dispositionOf(serverError(code))).toBe('stop')
    expect(errorCodeOf(classifyDatabaseError(serverError(code)))).toBe('MUR_DATABASE_MISCONFIGURED')
  })

  it.each(['22001', '22021', '22P02', '22P05', '23505', '23502', '42601', '54000'])('dead-letters on %s', (code) => {
    expect(dispositionOf(serverError(code))).toBe('dead-letter')
    expect(errorCodeOf(classifyDatabaseError(serverError(code)))).toBe('MUR_DATABASE_REFUSED')
  })

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN'])('waits on %s', (code) => {
    expect(dispositionOf(Object.assign(new Error('connect failed'), { code }))).toBe('wait')
  })

  it.each([
    'Connection terminated',
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout expired',
    'timeout exceeded when trying to connect',
    'Query read timeout',
    'Client has encountered a connection error and is not queryable',
  ])('waits when pg says "%s"', (message) => {
    expect(dispositionOf(new Error(message))).toBe('wait')
  })

  it('stops when the certificate cannot be trusted, or the server has no TLS', () => {
    expect(dispositionOf(Object.assign(new Error('x'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }))).toBe('stop')
    expect(dispositionOf(new Error('The server does not support SSL connections'))).toBe('stop')
    expect(dispositionOf(new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'))).toBe('stop')
  })

  it('keeps the SQLSTATE and names of the schema, and nothing else of what the server said', () => {
    const error = classifyDatabaseError(serverError('23505')) as PipelineError
    expect(error.message).toBe(
      'PostgreSQL refuses the statement: SQLSTATE 23505 (constraint violated), table crm.contacts, constraint contacts_pkey',
    )
    expect(error.cause).toBeUndefined()
  })

  it.each(['23505', '22P02', '40001', '57P01', '42P01', 'XX000'])(
    'lets no value through, whatever the code: %s',
    (code) => {
      const error = classifyDatabaseError(serverError(code)) as Error
      expect(JSON.stringify([error.message, error.stack, error.cause, error])).not.toContain(PHONE)
    },
  )

  it('leaves a SQLSTATE outside the table unclassified, but names it', () => {
    const error = classifyDatabaseError(serverError('XX000')) as Error
    expect(error).not.toBeInstanceOf(PipelineError)
    expect(error.message).toContain('XX000')
  })

  it('returns what did not come from the database as it was', () => {
    const bug = new TypeError('undefined is not a function')
    const ours = classifyDatabaseError(serverError('40001'))
    expect(classifyDatabaseError(bug)).toBe(bug)
    expect(classifyDatabaseError(ours)).toBe(ours)
    expect(classifyDatabaseError('text')).toBe('text')
  })
})
