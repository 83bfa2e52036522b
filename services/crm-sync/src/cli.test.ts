import { describe, expect, it } from 'vitest'
import { runCli } from './cli.ts'

async function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const out: string[] = []
  const err: string[] = []
  const code = await runCli(argv, { env, print: (line) => out.push(line), complain: (line) => err.push(line) })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

describe('runCli', () => {
  it('explains itself on --help without touching a database', async () => {
    const { code, out, err } = await run(['migrate', '--help'])
    expect(code).toBe(0)
    expect(out).toContain('Exit codes')
    expect(err).toBe('')
  })

  it.each([[[]], [['rollback']], [['migrate', 'twice']], [['migrate', '--force']]])('exits 2 on %j', async (argv) => {
    const { code, out, err } = await run(argv)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toContain('--help')
  })

  it('exits 1 and names the setting that is missing', async () => {
    const { code, err } = await run(['migrate'])
    expect(code).toBe(1)
    expect(err).toMatch(/^MUR_CONFIG_INVALID.*[\s\S]*DATABASE_URL/)
  })

  it('exits 1 with one JSON object, without the password, when asked for JSON and the database is away', async () => {
    const { code, err } = await run(['migrate', '--json'], { DATABASE_URL: 'postgres://u:hidden@127.0.0.1:1/d' })
    expect(code).toBe(1)
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'MUR_DATABASE_UNAVAILABLE' } })
    expect(err).not.toContain('hidden')
  })
})
