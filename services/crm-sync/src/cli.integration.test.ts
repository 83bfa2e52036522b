import { randomUUID } from 'node:crypto'
import { createFreshDatabase } from '@murmuration/database/fresh-database'
import { expect, inject, it } from 'vitest'
import { runCli } from './cli.ts'

it('builds the schema, says what it applied, and the second time that it is up to date', async () => {
  const name = `cli_${randomUUID().replaceAll('-', '')}`
  const fresh = await createFreshDatabase({ serverUrl: inject('databaseUrl'), name })
  const lines: string[] = []
  const io = {
    env: { DATABASE_URL: fresh.url.reveal() },
    print: (line: string) => lines.push(line),
    complain: (line: string) => lines.push(line),
  }
  expect(await runCli(['migrate'], io)).toBe(0)
  expect(await runCli(['migrate'], io)).toBe(0)
  expect(await runCli(['migrate', '--json'], io)).toBe(0)
  expect(lines).toEqual(['applied 0001_crm-tables', 'up to date', '{"applied":[],"upToDate":true}'])
  await fresh.drop()
})
