import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LoadOptions, LoadPhase } from './http-load.ts'
import type { LoadResult } from './load-result.ts'

/** What the load's process says. */
export type LoadMessage =
  | { readonly kind: 'phase'; readonly phase: LoadPhase }
  | { readonly kind: 'result'; readonly result: LoadResult }
  | { readonly kind: 'failed'; readonly message: string }

/** A load under way. */
export interface RunningLoad {
  /** Of its process; undefined when that could not be started. */
  readonly pid: number | undefined
  readonly result: Promise<LoadResult>
  /** Ends it at once; `result` rejects. */
  kill(): void
}

const main = fileURLToPath(new URL('./http-load-main.ts', import.meta.url))

/** Runs a load in a process of its own. @throws when it could not be run; an answer of whatever kind is a result */
export function startLoad(options: LoadOptions, onPhase: (phase: LoadPhase) => void = () => {}): Promise<LoadResult> {
  return forkLoad(options, onPhase).result
}

/** The same, for those who may have to end it early. */
export function forkLoad(options: LoadOptions, onPhase: (phase: LoadPhase) => void = () => {}): RunningLoad {
  // Flags of this process (a test runner's, a profiler's) are not the load's.
  const child = fork(main, { serialization: 'advanced', execArgv: [] })
  const { promise, resolve, reject } = Promise.withResolvers<LoadResult>()
  child.on('message', (message: LoadMessage) => {
    if (message.kind === 'phase') onPhase(message.phase)
    else if (message.kind === 'result') resolve(message.result)
    else reject(new Error(`the load failed: ${message.message}`))
  })
  // It would notice that we are gone, but not while it makes a million webhooks.
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  child.once('error', reject)
  // Not on `exit`, which may come before the last message has been read.
  child.once('disconnect', () => reject(new Error("the load's process ended without a result")))
  child.send(options)
  return { pid: child.pid, result: promise, kill }
}
