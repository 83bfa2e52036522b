// `npm run new:consumer -- NAME`: a consumer service from deploy/consumer-template, and its rows.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NewConsumerError, parseConsumer } from './consumer-to-write.ts'
import { type NewConsumerOptions, parseOptions, usage } from './options.ts'
import { type FileToWrite, planConsumer } from './plan-consumer.ts'
import { readTemplate } from './read-template.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const out = (text: string): void => void process.stdout.write(text)
const err = (text: string): void => void process.stderr.write(text)

process.exit(main())

function main(): number {
  let options: NewConsumerOptions | 'help'
  try {
    options = parseOptions(process.argv.slice(2))
  } catch (error) {
    err(`${error instanceof Error ? error.message : error}\n\n${usage}`)
    return 2
  }
  if (options === 'help') {
    out(usage)
    return 0
  }
  try {
    return run(options)
  } catch (error) {
    if (!(error instanceof NewConsumerError)) throw error
    err(`${error.message}\n`)
    return 1
  }
}

function run(options: NewConsumerOptions): number {
  const consumer = parseConsumer(options, packageNames())
  const files = planConsumer(consumer, {
    template: readTemplate(),
    readText: (path) => readFileSync(join(root, path), 'utf8'),
  })
  if (!options.dryRun) carryOut(files, options)
  const paths = (was: FileToWrite['was']) => files.filter((file) => file.was === was).map(({ path }) => path)
  const done = {
    ...consumer,
    group: consumer.name,
    dryRun: options.dryRun,
    created: paths('absent'),
    edited: paths('different'),
  }
  out(options.json ? `${JSON.stringify(done)}\n` : toReport(done, options))
  return 0
}

/** Names that a package of ours has. */
function packageNames(): readonly string[] {
  const folders = ['services', 'libs', 'deploy'].flatMap((folder) => readdirSync(join(root, folder)))
  return [...folders, 'schemas']
}

/** Writes the files, and brings packages, formatting and generated files in line. */
function carryOut(files: readonly FileToWrite[], { install }: Pick<NewConsumerOptions, 'install'>): void {
  for (const { path, text } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  if (install) call(process.execPath, ['deploy/setup.mjs', '--new-lockfile'])
  call('node_modules/.bin/biome', ['check', '--write', ...files.map(({ path }) => path)])
  call(process.execPath, ['schemas/generate.ts'])
  call(process.execPath, ['deploy/generate-env-example.ts'])
}

/** @throws {NewConsumerError} with what the command said; the files stay */
function call(command: string, args: readonly string[]): void {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  if (result.status === 0) return
  const said = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`.trim()
  throw new NewConsumerError(
    `the files are written, but ${command} ${args[0]} failed; mend that, then node deploy/setup.mjs --new-lockfile, npm run format, npm run generate\n${said}`,
  )
}

function toReport(
  { name, created, edited }: { name: string; created: readonly string[]; edited: readonly string[] },
  { dryRun, install }: NewConsumerOptions,
): string {
  const list = (title: string, lines: readonly string[]) => `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`
  const files = list('created', created) + list('edited', edited)
  if (dryRun) return `${files}nothing was written: dry run\n`
  const next = [
    ...(install ? [] : [['node deploy/setup.mjs --new-lockfile', 'the package is not installed yet'] as const]),
    [`npm test -- services/${name}`, 'its test'],
    ['npm start', `it reads the sample conversation: .murmuration/logs/${name}.log`],
    [`services/${name}/src/main.ts`, 'put your sink where the example logs'],
    [`services/${name}/README.md`, 'say what it is for'],
  ] as const
  const width = Math.max(...next.map(([what]) => what.length))
  const steps = next.map(([what, why]) => `${what.padEnd(width)}  ${why}`)
  const generated = ['.env.example', 'docs/reference', ...(install ? ['pnpm-lock.yaml'] : [])]
  return `${files}${list('generated anew', generated)}\n${list('Next:', steps)}`
}
