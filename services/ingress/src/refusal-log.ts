import type { LogFields, Logger } from '@murmuration/observability'

/** Most lines of one kind in a second: a flood must not be a flood of lines, which are written before we go on. */
const MAX_LINES_PER_SECOND = 10

/** Tells of refused webhooks, but not of each one in a flood; the metrics count them all. */
export interface RefusalLog {
  /** @param kind bounded: refusals of one kind share their lines */
  write(kind: string, fields: LogFields): void
}

/** @param nowMs monotonic */
export function createRefusalLog(logger: Logger, nowMs: () => number): RefusalLog {
  const seconds = new Map<string, { second: number; lines: number; untold: number }>()
  return {
    write(kind, fields) {
      const second = Math.floor(nowMs() / 1_000)
      const current = seconds.get(kind) ?? { second, lines: 0, untold: 0 }
      seconds.set(kind, current)
      if (current.second !== second) {
        current.second = second
        current.lines = 0
      }
      if (current.lines === MAX_LINES_PER_SECOND) {
        current.untold += 1
        return
      }
      current.lines += 1
      const untold = current.untold > 0 ? { untold: current.untold } : {}
      current.untold = 0
      logger.warn('a webhook was refused', { ...fields, ...untold })
    },
  }
}
