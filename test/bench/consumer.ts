// `npm run bench:consumer`: races the consumer runtime against Confluent's Parallel Consumer, and looks at every call.
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { killEveryChild, renderProgress, startStack } from '@murmuration/local'
import { toChildEnv } from '../../deploy/local/src/on-path.ts'
import { buildParallelConsumer, findJavac, PARALLEL_CONSUMER } from './build-parallel-consumer.ts'
import { passes } from './consumer-cell.ts'
import type { ContestantProgram } from './consumer-contestant.ts'
import { type ConsumerBenchOptions, parseConsumerOptions, usage } from './consumer-options.ts'
import { race } from './consumer-race.ts'
import { type ConsumerRun, renderConsumerReport } from './consumer-report.ts'
import { describeMachine } from './describe-machine.ts'
import { writeReport } from './write-report.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const home = join(root, '.murmuration')
const oursMain = fileURLToPath(new URL('./consumer-main.ts', import.meta.url))

const descriptions = {
  murmuration: `\`startConsumer\` as the services use it, Node ${process.versions.node}: 100 at once, order by key, all other settings as they are; undici's Pool of 100 connections, by \`dispatch\`, which was faster here than \`request\`; no line logged for a settled record`,
  'parallel-consumer': `${PARALLEL_CONSUMER}: KEY order, maxConcurrency 100, PERIODIC_CONSUMER_ASYNCHRONOUS commits, max.poll.records 10,000, all other settings and those of the JVM as they are; a blocking HttpURLConnection, kept alive; no log`,
}

const args = process.argv.slice(2)
const parsed = parseConsumerOptions(args)
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
 * @returns the exit code
 * @throws {LocalError} something could not be started; all that had been started is stopped
 */
async function main(options: ConsumerBenchOptions): Promise<number> {
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
  const logDir = join(dir, 'logs')
  const progress = renderProgress(process.stderr, { nowMs: Date.now })
  const stack = await startStack({
    home,
    dataDir: join(dir, 'data'),
    logDir,
    // No handler here has a use for a database, and one that is somebody else's is not started.
    external: { databaseUrl: 'postgresql://127.0.0.1/unused' },
    env: process.env,
    onProgress: progress.onProgress,
  })
  cleanup.defer(() => stack.stop())
  const { brokers } = stack.kafka
  const registryUrl = stack.registry.url
  const ours: ContestantProgram = {
    name: 'murmuration',
    command: process.execPath,
    args: [oursMain, brokers, registryUrl],
    env: toChildEnv(process.env),
    logFile: join(logDir, 'murmuration.log'),
  }
  const javac = findJavac(process.env)
  const toolsDir = join(root, '.tools')
  const peers =
    options.peer && javac !== undefined
      ? [
          await buildParallelConsumer(javac, {
            toolsDir,
            logDir,
            brokers,
            env: process.env,
            onProgress: progress.onProgress,
          }),
        ]
      : []
  progress.done()
  const absent = whyAbsent({ wanted: options.peer, javac })
  if (absent !== undefined) say(`Parallel Consumer takes no part: ${absent}.`)

  const serverPids = [stack.kafka.part?.pid, stack.registry.part?.pid].filter((pid) => pid !== undefined)
  const programs = [ours, ...peers]
  const cells = await race(options, { dir, brokers, registryUrl, serverPids, programs, onStep: say })
  const run: ConsumerRun = {
    at: new Date().toISOString(),
    command: `npm run bench:consumer${args.length === 0 ? '' : ` -- ${args.join(' ')}`}`,
    pairs: options.pairs,
    machine: describeMachine().slice(0, 1).concat('Kafka, one embedded node, one partition'),
    contestants: programs.map(({ name }) => ({ name, description: descriptions[name] })),
    absent,
    cells,
  }
  const report = renderConsumerReport(run)
  if (options.out !== undefined) {
    writeReport(root, options.out, report)
    say(`written to ${options.out}`)
  }
  process.stdout.write(options.json ? `${JSON.stringify(run, null, 1)}\n` : report)
  return passes(cells, { judge: !options.quick }) ? 0 : 1
}

function whyAbsent(input: { readonly wanted: boolean; readonly javac: string | undefined }): string | undefined {
  if (!input.wanted) return 'it was left out by --no-peer'
  if (input.javac !== undefined) return undefined
  return 'there is no Java compiler (javac); a JDK has one, e.g. "sudo apt-get install openjdk-17-jdk"'
}
