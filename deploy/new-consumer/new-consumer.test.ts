import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const copy = mkdtempSync(join(tmpdir(), 'new-consumer-'))
/** Not one that somebody may have given to a consumer by now. */
const NAME = 'made-by-a-test'
const MINUTE_MS = 60_000

/** A copy of the checkout whose workspace packages are its own, and whose foreign ones are those of the checkout. */
function copyCheckout(): void {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard']
  const files = execFileSync('git', list, { cwd: root, encoding: 'utf8' }).trim().split('\n')
  for (const file of files.filter((path) => existsSync(join(root, path)))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    cpSync(join(root, file), join(copy, file))
  }
  const asLinks = { recursive: true, verbatimSymlinks: true }
  for (const name of readdirSync(join(root, 'node_modules'))) {
    const [from, to] = [join(root, 'node_modules', name), join(copy, 'node_modules', name)]
    mkdirSync(dirname(to), { recursive: true })
    if (name === '@murmuration') cpSync(from, to, asLinks)
    else symlinkSync(from, to)
  }
  const packages = ['libs', 'services', 'deploy'].flatMap((top) =>
    readdirSync(join(root, top)).map((one) => `${top}/${one}`),
  )
  for (const modules of ['schemas', ...packages].map((one) => `${one}/node_modules`)) {
    if (existsSync(join(root, modules))) cpSync(join(root, modules), join(copy, modules), asLinks)
  }
}

function run(command: string, ...args: readonly string[]) {
  const env = { PATH: `${join(copy, 'node_modules/.bin')}:${process.env.PATH}`, HOME: process.env.HOME }
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: copy, env, encoding: 'utf8' })
  return { status, said: `${stdout}${stderr}` }
}

const generate = (...args: readonly string[]) => run('node', 'deploy/new-consumer/main.ts', ...args)
const fine = { status: 0, said: expect.anything() }

beforeAll(copyCheckout, MINUTE_MS)
afterAll(() => rmSync(copy, { recursive: true, force: true }))

it('writes nothing in a dry run', () => {
  expect(generate(NAME, '--dry-run')).toEqual(fine)
  expect(existsSync(join(copy, `services/${NAME}`))).toBe(false)
})

it(
  'writes a consumer that compiles, is formatted, and passes its test, and whose rows agree with what is generated',
  () => {
    expect(generate(NAME, '--record', 'message-status', '--no-install')).toEqual(fine)
    const include = [`services/${NAME}`, 'schemas', 'deploy/settings-groups.ts', 'deploy/local/start']
    writeFileSync(join(copy, 'tsconfig.new.json'), JSON.stringify({ extends: './tsconfig.json', include }))
    expect(run('tsc', '-p', 'tsconfig.new.json')).toEqual(fine)
    expect(run('biome', 'check', '--error-on-warnings', `services/${NAME}`, 'schemas/catalog.ts')).toEqual(fine)
    const tests = [`services/${NAME}`, 'schemas', 'deploy/env-example.test.ts', 'plan-consumer.test.ts']
    expect(run('vitest', 'run', '--project', 'unit', ...tests)).toEqual(fine)
    expect(generate(NAME, '--no-install')).toEqual({ status: 1, said: expect.stringContaining('already') })
  },
  MINUTE_MS,
)
