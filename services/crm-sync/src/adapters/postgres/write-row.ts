import type { Queryable } from '@murmuration/database'
import type { SqlValue } from './to-sql-value.ts'
import { toText } from './to-sql-value.ts'

/** Column names and their values. Names come from code, never from an event. */
export type Row = Readonly<Record<string, SqlValue>>

/** Inserts a row; false when its primary key is taken already, by another transaction that has ended. */
export async function insertOnce(tx: Queryable, table: string, row: Row): Promise<boolean> {
  const { columns, parameters, values } = toParts(row)
  const { rowCount } = await tx.query(
    `insert into crm.${table} (${columns}) values (${parameters}) on conflict do nothing`,
    values,
  )
  return rowCount === 1
}

/**
 * Inserts a row, or replaces the one under the same key when the new one is greater by `order`. The comparison happens
 * under the row's lock, so of any number of writers, in any order, the greatest stays. False when the row was not newer.
 */
export async function upsertNewest(
  tx: Queryable,
  table: string,
  { row, key, order }: { readonly row: Row; readonly key: readonly string[]; readonly order: readonly string[] },
): Promise<boolean> {
  const { columns, parameters, values } = toParts(row)
  const changed = Object.keys(row).filter((column) => !key.includes(column))
  const { rowCount } = await tx.query(
    `insert into crm.${table} as old (${columns}) values (${parameters})
     on conflict (${key.join(', ')}) do update set ${changed.map((column) => `${column} = excluded.${column}`).join(', ')}
     where (${order.map((column) => `excluded.${column}`).join(', ')}) > (${order.map((column) => `old.${column}`).join(', ')})`,
    values,
  )
  return rowCount === 1
}

function toParts(row: Row) {
  const names = Object.keys(row)
  return {
    columns: names.join(', '),
    parameters: names.map((_, index) => `$${index + 1}`).join(', '),
    values: Object.values(row).map(toParameter),
  }
}

function toParameter(value: SqlValue): SqlValue {
  if (typeof value === 'string') return toText(value)
  return Array.isArray(value) ? value.map(toText) : value
}
