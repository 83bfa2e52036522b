// `npm run bench:ingress`: races the ingress against its peers, and verifies what each of them has accepted.
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { killEveryChild, renderProgress, startStack } from '@murmuration/local'
import { describeMachine } from './describe-machine.ts'
import { type BenchOptions, parseOptions, usage } from './options.ts'
import { prepareTopics } from './prepare-topics.ts'
import { race } from './race.ts'
import { type BenchRun, renderReport } from './render-report.ts'
import { readNewestProfile, toSelfTimes } from './self-times.ts'
import { writeReport } from './write-report.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const home = join(root, '.murmuration')

/** Functions that are told of a profile. */
const PROFILE_LINES = 25

const parsed = parseOptions(process.argv.slice(2))
if (parsed.kind === 'run') {
  process.exitCode = await main(parsed.options).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  })
} else {
  process[parsed.kind === 'help' ? 'stdout' : 'stderr'].write(
    parsed.kind === 'help' ? usage : `${parsed.why}\n\n${usage}`,
  )
  process.exitCode = parsed.kind === 'help' ? 0 : 2
}

/**
 * @returns the exit code: 1 when an accepted webhook was not found as it should be
 * @throws {LocalError} something could not be started; all that had been started is stopped
 */
async function main(options: BenchOptions): Promise<number> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`)
  await mkdir(home, { recursive: true })
  await using cleanup = new AsyncDisposableStack()
  const dir = mkdtempSync(join(home, 'bench-'))
  cleanup.defer(() => rm(dir, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      killEveryChild()
      rmSync(dir, { recursive: true, force: true, maxRetries: 10 })
      process.exit(130)
    })
  }
  const progress = renderProgress(process.stderr, { nowMs: Date.now })
  const stack = await startStack({
    home,
    dataDir: join(dir, 'data'),
    logDir: join(dir, 'logs'),
    // The ingress has no use for a database, and one that is somebody else's is not started.
    external: { databaseUrl: 'postgresql://127.0.0.1/unused' },
    env: process.env,
    onProgress: progress.onProgress,
  })
  progress.done()
  cleanup.defer(() => stack.stop())
  const { brokers } = stack.kafka
  const arena = {
    toolsDir: join(root, '.tools'),
    dir,
    brokers,
    kafkaPid: stack.kafka.part?.pid,
    registryUrl: stack.registry.url,
    profileDir: options.profileDir,
    env: process.env,
    onStep: say,
  }
  await prepareTopics(arena)
  const { cells, verifications, contestants, absent } = await race(options, arena)
  if (options.profileDir !== undefined) {
    for (const { where, share } of toSelfTimes(readNewestProfile(options.profileDir)).slice(0, PROFILE_LINES))
      say(`${(share * 100).toFixed(1).padStart(6)} %  ${where}`)
  }
  const { seed, rounds, seconds } = options
  const at = new Date().toISOString()
  const run: BenchRun = {
    at,
    seed,
    rounds,
    seconds,
    contestants,
    absent,
    machine: describeMachine(),
    cells,
    verifications,
  }
  const report = renderReport(run)
  const { profileDir: _, out, ...told } = options
  const json = `${JSON.stringify({ ...run, options: told }, null, 1)}\n`
  if (out !== undefined) {
    writeReport(root, out, report)
    say(`written to ${out}`)
  }
  process.stdout.write(options.json ? json : report)
  return verifications.every(({ problems }) => problems.length === 0) ? 0 : 1
}
