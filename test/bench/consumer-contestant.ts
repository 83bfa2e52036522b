import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

export type ContestantName = 'murmuration' | 'parallel-consumer'

/** One run, as a contestant is told it. */
export interface RunOrder {
  readonly topic: string
  /** A new group: it begins at the topic's first record. */
  readonly groupId: string
  readonly successes: number
  readonly failingKey: string | undefined
  readonly sinkUrl: string | undefined
  /** Written by the contestant, see `parseTrace`. */
  readonly traceFile: string
}

/** A process that lives through the whole race, so that its compiler and heap are warm. */
export interface Contestant {
  readonly name: ContestantName
  /** @returns its CPU time from before it joined until it had left, seconds. @throws it failed, ended, or took too long */
  run(order: RunOrder, timeoutMs: number): Promise<number>
  close(): Promise<void>
}

/** How a contestant's program is started. */
export interface ContestantProgram {
  readonly name: ContestantName
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Of its standard error. */
  readonly logFile: string
}

/** Starts a contestant; it ends with this process, since its input does. @throws it did not get ready */
export async function startContestant(program: ContestantProgram): Promise<Contestant> {
  const child = spawn(program.command, program.args, { env: program.env, stdio: 'pipe' })
  child.stderr.pipe(createWriteStream(program.logFile, { flags: 'a' }))
  const ended = once(child, 'close').then(
    () => `ended, see ${program.logFile}`,
    (error: Error) => error.message,
  )
  // A write to one that has ended: `ended` tells it.
  child.stdin.on('error', () => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  async function answer(timeoutMs: number): Promise<string> {
    const late = Promise.withResolvers<string>()
    const timer = setTimeout(() => late.resolve(`took longer than ${timeoutMs / 1_000} s`), timeoutMs)
    const line = lines.next().then(({ value, done }) => (done === true ? ended : (value as string)))
    const said = await Promise.race([line, late.promise, ended])
    clearTimeout(timer)
    return said
  }
  async function close(): Promise<void> {
    child.kill('SIGKILL')
    await ended
  }

  const greeting = await answer(30_000)
  if (greeting !== 'ready') {
    await close()
    throw new Error(`${program.name} ${greeting}`)
  }
  return {
    name: program.name,
    async run(order, timeoutMs) {
      const { topic, groupId, successes, failingKey = '-', sinkUrl = '-', traceFile } = order
      child.stdin.write(`run ${[topic, groupId, successes, failingKey, sinkUrl, traceFile].join(' ')}\n`)
      const said = await answer(timeoutMs)
      const cpuSeconds = /^done ([\d.E-]+)$/.exec(said)?.[1]
      if (cpuSeconds === undefined) throw new Error(`${program.name} ${said}`)
      return Number(cpuSeconds)
    },
    close,
  }
}
