export { classifyDatabaseError } from './classify-database-error.ts'
export type { SecretText } from './connect-options.ts'
export type { Database, DatabaseInput, Queryable, QueryResult } from './create-database.ts'
export { createDatabase } from './create-database.ts'
export type { DatabaseFault } from './errors.ts'
export {
  DatabaseConflictError,
  DatabaseMisconfiguredError,
  DatabaseRefusedError,
  DatabaseUnavailableError,
} from './errors.ts'
export type { MigrateInput } from './migrate.ts'
export { migrate } from './migrate.ts'
export { pendingMigrations } from './pending-migrations.ts'
