import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { crmMigrations } from './adapters/postgres/index.ts'

const PERSONAL_COMMENT = /comment on column crm\.(\w+\.\w+) is\s+'(?:[^']|'')*Personal data\.'/g

function readMigrations(): string {
  const files = readdirSync(crmMigrations.migrationsDir).sort()
  return files.map((file) => readFileSync(join(crmMigrations.migrationsDir, file), 'utf8')).join('\n')
}

it('lists every column with personal data in the README, and no other', () => {
  const marked = [...readMigrations().matchAll(PERSONAL_COMMENT)].map((match) => match[1]).sort()
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
  const section = readme.split('## Personal data')[1]?.split('\n## ')[0] ?? ''
  const listed = [...section.matchAll(/`(\w+\.\w+)`/g)].map((match) => match[1]).sort()
  expect(listed).toEqual(marked)
})

it('comments every table and every column', () => {
  const sql = readMigrations()
  const missing: string[] = []
  for (const [, table, body] of sql.matchAll(/create table crm\.(\w+) \(([\s\S]*?)\n\);/g)) {
    if (!sql.includes(`comment on table crm.${table} is`)) missing.push(`${table}`)
    for (const [, column] of (body ?? '').matchAll(/^ {2}(?!primary)(\w+) /gm)) {
      if (!sql.includes(`comment on column crm.${table}.${column} is`)) missing.push(`${table}.${column}`)
    }
  }
  expect(missing).toEqual([])
})
