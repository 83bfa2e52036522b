import { spawn } from 'node:child_process'
import { appendFileSync, closeSync, createWriteStream, mkdirSync, openSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { LocalError } from './local-error.ts'
import { tailOf } from './log-tail.ts'
import { guardProcessGroup } from './reaper.ts'

/** How a process ended: `code` is null when a signal ended it. */
export interface ChildExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ChildOptions {
  /** What people call it: `kafka`. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Output is appended here; the folder is made. A file past 8 MB is moved to `<file>.1` first. */
  readonly logFile: string
  /** Sees each line of the output too. Only then does the output pass through this process. */
  readonly onLine?: (line: string) => void
  readonly uid?: number
  readonly gid?: number
}

/** A running (or ended) child process and the group that it leads. */
export interface Child {
  readonly name: string
  /** Undefined when it could not be started at all; `exited` then says 127. */
  readonly pid: number | undefined
  readonly logFile: string
  /** Resolves when it ends, however; never rejects. */
  readonly exited: Promise<ChildExit>
  isRunning(): boolean
  /** Asks it to end by `signal` (SIGTERM), and after `graceMs` kills the group. Harmless when it has ended. */
  stop(options: { readonly graceMs: number; readonly signal?: NodeJS.Signals }): Promise<ChildExit>
  /** SIGKILL to the group, now. */
  kill(): Promise<ChildExit>
}

/** Leaders of the groups that run now. */
const groups = new Set<number>()

/** SIGKILL to every child's group, at once: for the user who does not want to wait for an orderly end. */
export function killEveryChild(): void {
  for (const pid of groups) signalProcessGroup(pid, 'SIGKILL')
}

const MAX_LOG_BYTES = 8 * 1024 * 1024

/**
 * Starts a program as the leader of a process group of its own: Ctrl-C in the terminal reaches only us, and we decide
 * in which order the parts end. When we die, the reaper ends the group.
 *
 * A program that cannot be started ends with code 127 and its reason in the log, as in a shell.
 */
export function spawnChild(options: ChildOptions): Child {
  rotate(options.logFile)
  const output = openSync(options.logFile, 'a')
  const piped = options.onLine !== undefined
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    detached: true,
    env: options.env,
    stdio: ['ignore', piped ? 'pipe' : output, piped ? 'pipe' : output],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.gid ?? options.uid }),
  })
  closeSync(output)
  if (options.onLine !== undefined) tap([child.stdout, child.stderr], options.logFile, options.onLine)

  const { pid } = child
  const release = pid === undefined ? () => {} : guardProcessGroup(pid)
  if (pid !== undefined) groups.add(pid)
  let running = pid !== undefined
  const exited = new Promise<ChildExit>((resolve) => {
    function end(exit: ChildExit) {
      running = false
      signalGroup('SIGKILL') // whatever it left behind
      if (pid !== undefined) groups.delete(pid)
      release()
      resolve(exit)
    }
    child.once('exit', (code, signal) => end({ code, signal }))
    child.once('error', (error) => {
      if (child.pid !== undefined) return
      appendFileSync(options.logFile, `${options.command}: ${error.message}\n`)
      end({ code: 127, signal: null })
    })
  })

  function signalGroup(signal: NodeJS.Signals) {
    if (pid !== undefined) signalProcessGroup(pid, signal)
  }

  async function stop(how: { readonly graceMs: number; readonly signal?: NodeJS.Signals }) {
    if (!running) return exited
    signalGroup(how.signal ?? 'SIGTERM')
    const timer = setTimeout(() => signalGroup('SIGKILL'), how.graceMs)
    const exit = await exited
    clearTimeout(timer)
    return exit
  }

  async function kill() {
    if (running) signalGroup('SIGKILL')
    return exited
  }

  return { name: options.name, pid, logFile: options.logFile, exited, isRunning: () => running, stop, kill }
}

/**
 * Runs a program to its end.
 *
 * @param options.signal ends it
 * @throws {LocalError} it ended with anything but 0; carries the last lines of its output
 */
export async function runChild(options: ChildOptions & { readonly signal?: AbortSignal | undefined }): Promise<void> {
  options.signal?.throwIfAborted()
  const child = spawnChild(options)
  const abort = () => void child.kill()
  options.signal?.addEventListener('abort', abort)
  const exit = await child.exited
  options.signal?.removeEventListener('abort', abort)
  options.signal?.throwIfAborted()
  if (exit.code !== 0) throw toExitError(child, exit)
}

/** The error that says how a child ended, with the last 20 lines of its log and where the log lies. */
export function toExitError(child: Child, exit: ChildExit): LocalError {
  const how = exit.signal === null ? `with code ${exit.code}` : `by ${exit.signal}`
  return new LocalError(`${child.name} ended ${how}.\n${describeLog(child)}`)
}

/** `Last lines of <file>:` and the lines, indented. */
export function describeLog(child: Child): string {
  const lines = tailOf(child.logFile, { lines: 20 })
  if (lines.length === 0) return `Its log is empty: ${child.logFile}`
  return `Last lines of ${child.logFile}:\n${lines.map((line) => `    ${line}`).join('\n')}`
}

function signalProcessGroup(pid: number, signal: NodeJS.Signals) {
  try {
    process.kill(-pid, signal)
  } catch {
    // ESRCH: the group is gone, which is what was wanted.
  }
}

function rotate(file: string) {
  mkdirSync(dirname(file), { recursive: true })
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size > MAX_LOG_BYTES) renameSync(file, `${file}.1`)
}

function tap(streams: readonly (NodeJS.ReadableStream | null)[], logFile: string, onLine: (line: string) => void) {
  const log = createWriteStream(logFile, { flags: 'a' })
  log.on('error', () => {})
  for (const stream of streams) {
    let rest = ''
    stream?.setEncoding('utf8')
    stream?.on('data', (text: string) => {
      log.write(text)
      // A carriage return ends a line as well: programs redraw their progress with it.
      const lines = `${rest}${text}`.split(/[\r\n]+/)
      rest = lines.pop() ?? ''
      for (const line of lines) if (line !== '') onLine(line)
    })
    stream?.on('end', () => {
      if (rest !== '') onLine(rest)
    })
  }
}
