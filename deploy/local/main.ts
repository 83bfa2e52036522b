// `npm start`: everything on this machine, and a sample conversation.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lastEndMs, playSample, type SamplePlay } from './sample/play-sample.ts'
import { killEveryChild, renderProgress } from './src/index.ts'
import { toMessage } from './src/local-error.ts'
import { listenForInterrupt } from './start/interrupt.ts'
import { treeMemoryMiB } from './start/memory.ts'
import { parseOptions, type StartOptions, usage } from './start/options.ts'
import { toLocalRegistryAccess } from './start/registry-env.ts'
import { removeRunFile } from './start/run-file.ts'
import { takeRunLock } from './start/run-lock.ts'
import { createJsonScreen, createPeopleScreen, type Screen } from './start/screen.ts'
import { type Everything, startEverything } from './start/start-everything.ts'
import { watchOutcomes } from './start/watch-outcomes.ts'

const home = fileURLToPath(new URL('../../.murmuration/', import.meta.url))
const out = (text: string): void => void process.stdout.write(text)
const err = (text: string): void => void process.stderr.write(text)

process.exit(await main())

async function main(): Promise<number> {
  let options: StartOptions | 'help'
  try {
    options = parseOptions(process.argv.slice(2))
  } catch (error) {
    err(`${toMessage(error)}\n\n${usage}`)
    return 2
  }
  if (options === 'help') {
    out(usage)
    return 0
  }
  const interrupt = listenForInterrupt({
    parent: process.env.npm_lifecycle_event === undefined ? undefined : process.ppid,
    onSecond: () => {
      killEveryChild()
      process.exit(130)
    },
  })
  const screen = options.json ? createJsonScreen(out, err) : createPeopleScreen(out)
  const cleanup = new AsyncDisposableStack()
  try {
    return await run(options, { screen, cleanup, signal: interrupt.signal, interrupted: interrupt.once })
  } catch (error) {
    if (!interrupt.signal.aborted) err(`\n${toMessage(error)}\n`)
    return interrupt.signal.aborted ? 130 : 1
  } finally {
    await cleanup.disposeAsync()
  }
}

interface RunContext {
  readonly screen: Screen
  readonly cleanup: AsyncDisposableStack
  readonly signal: AbortSignal
  readonly interrupted: Promise<void>
}

async function run(options: StartOptions, context: RunContext): Promise<number> {
  const { screen, cleanup, signal } = context
  mkdirSync(home, { recursive: true })
  cleanup.defer(takeRunLock(join(home, 'run.lock')))
  // One that a SIGKILL left behind names ports that are not ours.
  removeRunFile(join(home, 'run.json'))
  if (options.reset) rmSync(join(home, 'data'), { recursive: true, force: true })
  cleanup.defer(() => screen.note('stopped'))
  const progress = renderProgress(process.stderr, { nowMs: Date.now })
  const everything = await startEverything({
    home,
    dataDir: join(home, 'data'),
    logDir: join(home, 'logs'),
    runFile: join(home, 'run.json'),
    env: process.env,
    signal,
    onProgress: progress.onProgress,
    note: screen.note,
    cleanup,
  })
  progress.done()

  let play: SamplePlay | undefined
  const tail = await watchOutcomes({
    brokers: everything.run.kafka.brokers,
    registry: toLocalRegistryAccess(everything.run.registry.url, process.env),
    topicPrefix: process.env.KAFKA_TOPIC_PREFIX ?? '',
    from: 'now',
    onOutcomes: (event) => (play ?? screen).outcomes(event),
  })
  cleanup.defer(() => tail.close())
  screen.listening(everything.run)

  if (options.sample) {
    play = startSample(everything, context)
    const steps = await Promise.race([play.results, everything.gaveUp])
    play = undefined
    const ok = steps.every((step) => step.ok)
    const figures = { readyMs: everything.readyMs, firstWebhookMs: lastEndMs(steps[0]), memoryMiB: memory() }
    screen.end({ ok, steps, figures })
    if (options.once) return ok ? 0 : 1
  }
  if (options.once) return 0
  screen.note('running; Ctrl-C ends it')
  await Promise.race([context.interrupted, everything.gaveUp])
  screen.note('stopping')
  return 0
}

function startSample(everything: Everything, { screen, signal }: RunContext): SamplePlay {
  const [source] = everything.run.sources
  if (source === undefined) throw new TypeError('there is no source to post to')
  return playSample(everything.newConversation(), {
    target: {
      postUrl: `${everything.run.ingress.url}${source.path}`,
      publicUrl: source.publicUrl,
      signingKey: source.signingKey,
    },
    signal,
    onStep: screen.step,
  })
}

function memory(): number | undefined {
  return treeMemoryMiB(process.pid)
}
