import { setTimeout as sleep } from 'node:timers/promises'
import type { ChildExit } from '../src/child.ts'
import { toMessage } from '../src/local-error.ts'
import type { Part } from '../src/part.ts'

/** More crashes of one part within a minute than this, and it is not worth starting again. */
const MAX_CRASHES_PER_MINUTE = 5

/** Brings parts back that crash. */
export interface Supervisor {
  /** A part ended that nobody asked to end. */
  crashed(part: Part, exit: ChildExit): void
  /** Rejects when a part can't be kept up. */
  readonly gaveUp: Promise<never>
  /** Restarts nothing any more. */
  stop(): void
}

/**
 * Creates a supervisor, as the platform is in production: services stop loudly on what they can't handle, and are
 * started again.
 *
 * @param callbacks.restarted a part runs again, with another pid
 */
export function createSupervisor(callbacks: {
  readonly note: (text: string) => void
  readonly restarted: (part: Part) => void
}): Supervisor {
  const crashes = new Map<string, number[]>()
  const { promise: gaveUp, reject } = Promise.withResolvers<never>()
  gaveUp.catch(() => undefined)
  let stopped = false

  async function bringBack(part: Part, how: string): Promise<void> {
    const now = performance.now()
    const recent = [...(crashes.get(part.name) ?? []).filter((at) => now - at < 60_000), now]
    crashes.set(part.name, recent)
    if (recent.length > MAX_CRASHES_PER_MINUTE) {
      reject(new Error(`${part.name} crashed ${recent.length} times in a minute (${how}); its log: ${part.logFile}`))
      return
    }
    callbacks.note(`${part.name} ended (${how}); starting it again`)
    await sleep(100 * 2 ** (recent.length - 1))
    if (stopped) return
    try {
      await part.restart()
      callbacks.restarted(part)
      callbacks.note(`${part.name} runs again`)
    } catch (error) {
      // It ended again before it served: one more crash.
      if (!stopped) await bringBack(part, toMessage(error))
    }
  }

  return {
    crashed: (part, exit) => {
      const how = exit.signal === null ? `exit code ${exit.code}` : `${exit.signal}`
      if (!stopped) void bringBack(part, how)
    },
    gaveUp,
    stop: () => {
      stopped = true
    },
  }
}
