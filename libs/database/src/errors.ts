import { PipelineError } from '@murmuration/errors'

/**
 * What may be told of a failure in PostgreSQL: its SQLSTATE and names of our own schema. Its `message` and `detail` are
 * left out on purpose, since they quote values, and values are personal data.
 */
export interface DatabaseFault {
  /** SQLSTATE, socket error code, or a word where the driver gives neither. */
  readonly state: string
  /** `schema.table` that it is about. */
  readonly table?: string
  readonly column?: string
  readonly constraint?: string
}

/**
 * PostgreSQL can't serve anybody now; the same statement succeeds later.
 * Source: SQLSTATE 08, 53, 57P01-57P05, 58, 25006 (a stand-by), refused or broken sockets, time-outs of the connection.
 */
export class DatabaseUnavailableError extends PipelineError {
  readonly code = 'MUR_DATABASE_UNAVAILABLE'
  readonly disposition = 'wait'
  readonly fault: DatabaseFault

  constructor(fault: DatabaseFault, options?: ErrorOptions) {
    super(`PostgreSQL is unavailable: ${describeFault(fault)}`, options)
    this.fault = fault
  }
}

/**
 * The transaction lost against another one and was rolled back; trying it again is right.
 * Source: SQLSTATE 40 (serialization failure, deadlock), 55P03 (lock time-out), 57014 (statement time-out), 25P03.
 */
export class DatabaseConflictError extends PipelineError {
  readonly code = 'MUR_DATABASE_CONFLICT'
  readonly disposition = 'retry'
  readonly fault: DatabaseFault

  constructor(fault: DatabaseFault, options?: ErrorOptions) {
    super(`PostgreSQL gave this transaction up: ${describeFault(fault)}`, options)
    this.fault = fault
  }
}

/**
 * PostgreSQL refuses these values for good: out of range, not a text it can hold, against a constraint.
 * Source: SQLSTATE 22, 23, 0A, 21, 54, and what is left of 42.
 */
export class DatabaseRefusedError extends PipelineError {
  readonly code = 'MUR_DATABASE_REFUSED'
  readonly disposition = 'dead-letter'
  readonly fault: DatabaseFault

  constructor(fault: DatabaseFault, options?: ErrorOptions) {
    super(`PostgreSQL refuses the statement: ${describeFault(fault)}`, options)
    this.fault = fault
  }
}

/**
 * PostgreSQL answers but can't serve us before somebody changes something: wrong password, missing database, missing
 * table or column (migrations not applied), no privilege, an address that is none.
 * Source: SQLSTATE 28, 3D000, 3F000, 42P01, 42501, 42703, 42704, 42883, 42P10; TLS and SASL failures of the driver.
 */
export class DatabaseMisconfiguredError extends PipelineError {
  readonly code = 'MUR_DATABASE_MISCONFIGURED'
  readonly disposition = 'stop'
  readonly fault: DatabaseFault

  constructor(fault: DatabaseFault, options?: ErrorOptions) {
    super(`PostgreSQL is not set up for us: ${describeFault(fault)}`, options)
    this.fault = fault
  }
}

function describeFault(fault: DatabaseFault): string {
  const parts = [fault.state]
  if (fault.table !== undefined) parts.push(`table ${fault.table}`)
  if (fault.column !== undefined) parts.push(`column ${fault.column}`)
  if (fault.constraint !== undefined) parts.push(`constraint ${fault.constraint}`)
  return parts.join(', ')
}
