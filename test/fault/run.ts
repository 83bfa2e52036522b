// `npm run faults -- [--seed N] [--only NAME] [--long]`: injects faults into the real pipeline. A seed repeats a run.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type FaultReport, faultNames, renderReports } from './fault-report.ts'

const usage = `npm run faults -- [--seed N] [--only NAME] [--long]

Injects faults into the real pipeline and tells what became of the webhooks and of consumers'
records; the same seed repeats a run.

  --seed N     decides what is sent and when things break
  --only NAME  one of: ${faultNames.join(', ')}
  --long       overload for 60 s instead of 20, 100,000 fuzzed bodies instead of 10,000, consumers fail more often,
               and work off 1,000,000 records instead of 60,000
`
const options = {
  seed: { type: 'string' },
  only: { type: 'string' },
  long: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

function fail(why: string): never {
  process.stderr.write(`${why}\n\n${usage}`)
  process.exit(2)
}

function readArguments() {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

const { seed = String(Math.floor(Math.random() * 1_000_000)), only, long = false, help = false } = readArguments()
if (help) {
  process.stdout.write(usage)
  process.exit(0)
}
if (!/^\d{1,9}$/.test(seed)) fail(`--seed wants a whole number, not ${seed}`)
if (only !== undefined && !faultNames.some((name) => name === only)) fail(`there is no fault ${only}`)

const again = [`--seed ${seed}`, ...(only === undefined ? [] : [`--only ${only}`]), ...(long ? ['--long'] : [])].join(
  ' ',
)
process.stdout.write(`fault suite, seed ${seed}; repeat it with: npm run faults -- ${again}\n`)
const dir = mkdtempSync(join(tmpdir(), 'faults-'))
const reports = join(dir, 'reports.jsonl')
const result = spawnSync(
  'vitest',
  ['run', '--project', 'fault', ...(only === undefined ? [] : ['--testNamePattern', `^${only} `])],
  {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    stdio: 'inherit',
    env: { ...process.env, FAULT_SEED: seed, FAULT_LONG: long ? '1' : '', FAULT_REPORTS: reports },
  },
)
if (existsSync(reports)) {
  const lines = readFileSync(reports, 'utf8').trimEnd().split('\n')
  process.stdout.write(renderReports(lines.map((line) => JSON.parse(line) as FaultReport)))
}
rmSync(dir, { recursive: true, force: true })
process.exit(result.status ?? 1)
