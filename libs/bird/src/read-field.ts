// Tolerant readers of foreign JSON. A field of the wrong type reads as absent, and none of them throws: a webhook that
// differs from the documentation still becomes an event.

/** A JSON object whose fields nobody has looked at. */
export type JsonObject = Readonly<Record<string, unknown>>

const nothing: JsonObject = Object.freeze({})
const none: readonly unknown[] = Object.freeze([])
const INT32_MAX = 2 ** 31 - 1
/** ISO-8601 date and time; the zone is optional. */
const isoPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?$/
/** What stands six characters before the end of a time with a zone. */
const zoneSigns = ['+', '-']
/** Of a year that is no leap year. */
const daysOfMonths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const SHORTEST_MONTH = 28
/** The character code of '0'. */
const ZERO = 0x30
const unixSecondsPattern = /^\d{1,11}$/
const intPattern = /^-?\d{1,10}$/

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Null and empty text count as absent: Bird sends them for fields that it has no value for. */
export function isAbsent(value: unknown): value is undefined | null | '' {
  return value === undefined || value === null || value === ''
}

/** The object, or an empty one. */
export function readObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : nothing
}

/** The array, or an empty one. */
export function readList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : none
}

/**
 * The text, or null. Empty text counts as absent: Bird sends "" for fields that it has no value for. A lone surrogate
 * (JSON can say "\ud800") becomes U+FFFD, since no UTF-8 encoder could write it.
 */
export function readText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.toWellFormed() : null
}

/** A code, or a time that is part of an id, that some senders write as text and others as a number. */
export function readCode(value: unknown): string | null {
  return Number.isSafeInteger(value) ? String(value) : readText(value)
}

export function readFlag(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null
}

/** A finite number; JSON's 1e999 reads as Infinity and so as null. */
export function readNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** An integer that fits Avro's int; null for any other number. */
export function readInt32(value: unknown): number | null {
  if (typeof value !== 'number' || !Number.isInteger(value)) return null
  return value >= -INT32_MAX - 1 && value <= INT32_MAX ? value : null
}

/** The same of a code that some senders write as text. */
export function readInt32Code(value: unknown): number | null {
  return readInt32(typeof value === 'string' && intPattern.test(value) ? Number(value) : value)
}

/**
 * Epoch ms of an ISO-8601 time, or null. Without a zone it counts as UTC, never as this machine's. A time before 1970
 * counts as absent: Bird's services print an unset time as year 1.
 */
export function readTimeMs(value: unknown): number | null {
  if (typeof value !== 'string') return null
  if (!isoPattern.test(value)) return null
  const hasZone = value.endsWith('Z') || zoneSigns.includes(value.charAt(value.length - 6))
  const ms = Date.parse(hasZone ? value : `${value}Z`)
  return ms >= 0 && isDay(value) ? ms : null
}

/** Date.parse takes the 30th of February for the 2nd of March. */
function isDay(time: string): boolean {
  const day = twoDigits(time, 8)
  if (day <= SHORTEST_MONTH) return true
  const month = twoDigits(time, 5)
  return day <= (daysOfMonths[month - 1] ?? 0) || (day === 29 && month === 2 && isLeapYear(Number(time.slice(0, 4))))
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO
}

/** Epoch ms of Unix seconds in digits, or null. */
export function readUnixSecondsMs(value: unknown): number | null {
  const digits = typeof value === 'number' ? String(value) : value
  return typeof digits === 'string' && unixSecondsPattern.test(digits) ? Number(digits) * 1000 : null
}
