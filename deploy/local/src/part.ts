import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, type ChildExit, describeLog, toExitError } from './child.ts'
import { LocalError } from './local-error.ts'

/** One server (or service) of the stack. It keeps its port and its data through `restart()`. */
export interface Part {
  readonly name: string
  /** Of the process that runs now, or ran last. */
  readonly pid: number | undefined
  /** How the process that runs now, or ran last, ended. A restart brings a new promise. */
  readonly exited: Promise<ChildExit>
  readonly logFile: string
  isRunning(): boolean
  /** Ends it in order; `restart()` may bring it back. */
  stop(): Promise<void>
  /** SIGKILL, as a crash would; `onExit` is told. */
  kill(): Promise<void>
  /**
   * Starts it again, ending it first when it runs. Resolves when it serves.
   *
   * @throws {LocalError} it ended or was not ready in time, or the part is closed
   */
  restart(): Promise<void>
  /** Ends it for good: a later or concurrent `restart()` is refused. */
  close(): Promise<void>
}

/** Told when a process of the stack ends that nobody asked to end. */
export type OnExit = (name: string, exit: ChildExit) => void

export interface PartSpec {
  readonly name: string
  readonly launch: () => Child
  /** Resolves once the server answers a real request; rejects as long as it does not. */
  readonly probe: (signal: AbortSignal) => Promise<void>
  readonly stopSignal?: NodeJS.Signals
  readonly graceMs?: number
  readonly readyTimeoutMs?: number
  readonly onExit?: OnExit | undefined
  readonly signal?: AbortSignal | undefined
}

/** A busy laptop takes several times as long as an idle one. */
const READY_TIMEOUT_MS = 60_000

/**
 * Starts a server and waits until it serves.
 *
 * @throws {LocalError} it ended, or was not ready in time; nothing of it is left running
 */
export async function startPart(spec: PartSpec): Promise<Part> {
  const expected = new WeakSet<Child>()
  let closed = false
  let child = spec.launch()
  await serve(child)

  async function serve(launched: Child) {
    // Until it serves, its end is the caller's error and no surprise.
    expected.add(launched)
    try {
      await waitUntilReady(launched, spec)
    } catch (error) {
      await launched.kill()
      throw error
    }
    expected.delete(launched)
    void launched.exited.then((exit) => {
      if (!expected.has(launched)) spec.onExit?.(spec.name, exit)
    })
  }

  async function end() {
    expected.add(child)
    await child.stop({ graceMs: spec.graceMs ?? 10_000, signal: spec.stopSignal ?? 'SIGTERM' })
  }

  return {
    name: spec.name,
    get pid() {
      return child.pid
    },
    get exited() {
      return child.exited
    },
    get logFile() {
      return child.logFile
    },
    isRunning: () => child.isRunning(),
    stop: end,
    kill: async () => void (await child.kill()),
    restart: async () => {
      await end()
      if (closed) throw new LocalError(`${spec.name} is closed.`)
      child = spec.launch()
      await serve(child)
    },
    close: async () => {
      closed = true
      await end()
    },
  }
}

/** Adds properties to a part without losing its getters, as a spread would. */
export function withProperties<T extends object>(part: Part, more: T): Part & T {
  return Object.assign(part, more)
}

async function waitUntilReady(child: Child, spec: PartSpec): Promise<void> {
  const timeoutMs = spec.readyTimeoutMs ?? READY_TIMEOUT_MS
  const timeout = AbortSignal.timeout(timeoutMs)
  let reason: unknown
  let ended: ChildExit | undefined
  void child.exited.then((exit) => {
    ended = exit
  })
  for (;;) {
    const probing = AbortSignal.any([AbortSignal.timeout(2_000), ...(spec.signal === undefined ? [] : [spec.signal])])
    try {
      await spec.probe(probing)
      if (child.isRunning()) return
    } catch (error) {
      reason = error
    }
    spec.signal?.throwIfAborted()
    if (ended !== undefined) throw toExitError(child, ended)
    if (timeout.aborted) {
      const last = reason instanceof Error ? reason.message : String(reason)
      throw new LocalError(`${spec.name} was not ready after ${timeoutMs / 1000} s (${last}).\n${describeLog(child)}`)
    }
    // No event tells that another process serves: it has to be asked again.
    await sleep(25)
  }
}
