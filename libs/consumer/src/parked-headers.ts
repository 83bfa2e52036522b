import { type Headers, headerNames, type KafkaRecord } from '@murmuration/kafka'
import type { OperatorCommand } from './partition/partition-event.ts'

/** What the headers of a parked record say. */
export interface ParkedHeaders {
  readonly origin: number
  readonly owner: number
  readonly head: boolean
  readonly dueAtMs: number
  readonly firstFailedAtMs: number | null
  readonly failures: number
  readonly redrive: string | null
}

/** Reads a record of a retry topic; undefined where its headers can't be read: it must not restart its budget. */
export function parseParked(record: KafkaRecord): ParkedHeaders | undefined {
  const { headers } = record
  const origin = numberOf(headers[headerNames.originOffset])
  const run = textOf(headers[headerNames.redriveRun])
  const from = numberOf(headers[headerNames.redriveOffset])
  const redriven = run !== undefined && from !== undefined
  const owner = redriven ? 0 : numberOf(headers[headerNames.owner])
  const failures = numberOf(headers[headerNames.attempt])
  const firstFailed = headers[headerNames.firstFailedAt]
  const firstFailedAtMs = firstFailed === undefined || redriven ? null : numberOf(firstFailed)
  const dueAtMs = redriven ? 0 : numberOf(headers[headerNames.dueAt])
  if (origin === undefined || owner === undefined || failures === undefined) return undefined
  if (firstFailedAtMs === undefined || dueAtMs === undefined) return undefined
  const head = textOf(headers[headerNames.head]) === '1'
  const redrive = redriven ? `${run}:${from}` : null
  return { origin, owner, head, dueAtMs, firstFailedAtMs, failures: redriven ? 0 : failures, redrive }
}

/** Headers of a record on its way to the retry topic, besides those of every moved record. */
export function toParkedHeaders(parked: {
  readonly owner: number
  readonly head: boolean
  readonly dueAtMs: number
}): Headers {
  return {
    [headerNames.owner]: String(parked.owner),
    [headerNames.head]: parked.head ? '1' : '0',
    [headerNames.dueAt]: String(parked.dueAtMs),
  }
}

/** Reads an operator's command; undefined where the record is none. A command that is not understood is no command. */
export function parseCommand(record: KafkaRecord): OperatorCommand | undefined {
  const word = textOf(record.headers[headerNames.command])
  const origin = numberOf(record.headers[headerNames.originOffset])
  if (word !== 'retry-now' && word !== 'release' && word !== 'discard') return undefined
  if (origin === undefined) return undefined
  return { offset: record.offset, word, key: keyText(record.key), origin }
}

/** A key as the reducer knows it: one character per byte, so that no two keys become one. */
export function keyText(key: Buffer | null): string | null {
  return key === null ? null : key.toString('latin1')
}

function textOf(value: Buffer | string | undefined): string | undefined {
  return value === undefined ? undefined : value.toString()
}

function numberOf(value: Buffer | string | undefined): number | undefined {
  const text = textOf(value)
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : undefined
}
