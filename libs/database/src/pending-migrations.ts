import { readdir } from 'node:fs/promises'
import type { Queryable } from './create-database.ts'
import { MIGRATIONS_TABLE } from './migrate.ts'

/**
 * Names of the migrations that `migrate` would apply, oldest first; empty when the schema is up to date. Reads one
 * folder and asks PostgreSQL twice: cheap enough for a readiness check, which may stop asking once it is empty.
 */
export async function pendingMigrations(
  database: Queryable,
  { migrationsDir, schema }: { readonly migrationsDir: string; readonly schema: string },
): Promise<readonly string[]> {
  const files = await readdir(migrationsDir)
  const names = files
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .sort()
  const table = `"${schema}"."${MIGRATIONS_TABLE}"`
  const found = await database.query('select to_regclass($1) is not null as found', [table])
  if (found.rows[0]?.found !== true) return names
  const { rows } = await database.query(`select name from ${table}`)
  const applied = new Set(rows.map((row) => row.name))
  return names.filter((name) => !applied.has(name))
}
