import { ConfigInvalidError } from '@murmuration/config'
import type { CommandArgs, CommandOption } from '../command-args.ts'
import type { SetAsideRecord } from './set-aside-record.ts'

/** Which of the records that were set aside a command is about. What is undefined chooses nothing. */
export interface Selection {
  readonly key: string | undefined
  readonly eventId: string | undefined
  readonly reason: string | undefined
  /** Epoch ms, inclusive. */
  readonly sinceMs: number | undefined
  /** Epoch ms, exclusive. */
  readonly untilMs: number | undefined
  /** Most records that it shows or acts on. */
  readonly limit: number
}

export const SELECTION_OPTIONS: readonly CommandOption[] = [
  { name: '--key', value: 'KEY', about: 'only records of this key' },
  { name: '--event-id', value: 'ID', about: 'only this event; needs the schema registry' },
  { name: '--reason', value: 'CODE', about: 'only this failure class, e.g. MUR_DATABASE_CONFLICT or behind-parked' },
  {
    name: '--since',
    value: 'TIME',
    about: 'only what was set aside since: 2026-01-31T09:00:00Z, or 90s, 30m, 6h, 2d ago',
  },
  { name: '--until', value: 'TIME', about: 'only what was set aside before' },
  { name: '--limit', value: 'N', about: 'at most so many, by topic, partition and offset; 100 when not given' },
]

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1_000_000
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 60 * 60_000, d: 24 * 60 * 60_000 }

/** Reads the filters. @throws {ConfigInvalidError} listing every one that can't be read */
export function parseSelection({ values }: Pick<CommandArgs, 'values'>, nowMs: number): Selection {
  const problems: string[] = []
  const timeOf = (name: string) => {
    const text = values.get(name)
    const time = text === undefined ? undefined : parseTime(text, nowMs)
    if (text !== undefined && time === undefined) {
      problems.push(`${name} ${text}: give a time such as 2026-01-31T09:00:00Z, or how long ago: 90s, 30m, 6h, 2d`)
    }
    return time
  }
  const limit = Number(values.get('--limit') ?? DEFAULT_LIMIT)
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    problems.push(`--limit ${values.get('--limit')}: give a whole number from 1 to ${MAX_LIMIT}`)
  }
  const selection = {
    key: values.get('--key'),
    eventId: values.get('--event-id'),
    reason: values.get('--reason'),
    sinceMs: timeOf('--since'),
    untilMs: timeOf('--until'),
    limit,
  }
  if (problems.length > 0) throw new ConfigInvalidError(problems)
  return selection
}

/** Whether anything but the limit narrows it: without, it is about everything that was set aside. */
export function isNarrow({ limit: _, ...filters }: Selection): boolean {
  return Object.values(filters).some((filter) => filter !== undefined)
}

/** Whether a record is chosen; the event id counts once it was read. Pure. */
export function selects(selection: Selection, record: SetAsideRecord): boolean {
  const { key, eventId, reason, sinceMs, untilMs } = selection
  if (key !== undefined && record.record.key?.equals(Buffer.from(key)) !== true) return false
  if (reason !== undefined && record.reason !== reason) return false
  if (sinceMs !== undefined && record.setAsideAtMs < sinceMs) return false
  if (untilMs !== undefined && record.setAsideAtMs >= untilMs) return false
  return eventId === undefined || record.eventId === undefined || record.eventId === eventId
}

function parseTime(text: string, nowMs: number): number | undefined {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (count !== undefined) return nowMs - Number(count) * (UNITS[unit] ?? 0)
  const time = /^\d{4}-\d{2}-\d{2}(T\S+)?$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
