// Helpers of this service's tests.

import { readFileSync } from 'node:fs'
import { schemes, signBirdCrm, type VerifiedWebhook } from '@murmuration/bird'
import type { EventRecord, OutboundRecord, Publisher } from '@murmuration/kafka'
import { createMetrics, type LogFields, type Logger, type Metrics } from '@murmuration/observability'
import type { LoopTurns } from './loop-turns.ts'
import type { PublishContext } from './publish-webhook.ts'
import type { RateLimiter } from './rate-limit.ts'
import { createRefusalLog } from './refusal-log.ts'
import type { Source } from './sources.ts'

export const nowMs = 1_765_617_960_000
export const signingKey = { id: 'key-1', secret: 'signing key of the ingress tests' }

export const source: Source = {
  name: 'sample',
  scheme: 'bird-crm',
  workspaceId: 'ws-1',
  path: '/webhooks/sample',
  publicUrls: ['https://hooks.example.com/webhooks/sample?tenant=a'],
  signingKeys: [signingKey],
  maxAgeMs: 24 * 60 * 60_000,
  clockSkewMs: 5 * 60_000,
  maxBodyBytes: undefined,
  rate: undefined,
}

export const context: PublishContext = {
  cameMs: 0,
  workspaceId: source.workspaceId,
  source: source.name,
  origin: 'webhook',
  receivedAtMs: nowMs,
  rawRef: 'raw-1',
  contactKeySecret: 'contact key secret of the tests',
}

/** A whole webhook of the contract suite: one inbound message, so one event. */
export const inboundMessage = readFileSync(
  new URL('../../../test/contract/fixtures/payloads/whatsapp-inbound-button-reply.lab1.json', import.meta.url),
)

/** An event that the product does not know; becomes a platform event whose id depends on `id`. */
export function unknownEvent(id: string): Buffer {
  return Buffer.from(JSON.stringify({ service: 'numbers', event: 'number.changed', payload: { id } }))
}

/** Bird's signature headers for a body, made now. */
export function signatureOf(rawBody: Buffer, key = signingKey.secret): Readonly<Record<string, string>> {
  const timestamp = String(nowMs / 1_000)
  return { ...signBirdCrm({ key, timestamp, url: source.publicUrls[0] ?? '', rawBody }) }
}

export function verified(rawBody: Buffer): VerifiedWebhook {
  const webhook = { rawBody, urls: source.publicUrls, query: '', headers: signatureOf(rawBody) }
  return schemes['bird-crm'].verify(webhook, { ...source, nowMs })
}

/** A limiter without limits. */
export const openLimiter: RateLimiter = { take: () => undefined }

/** A publisher in memory: keeps each request; can be told to fail, or to hold its answers back. */
export interface FakePublisher extends Publisher {
  /** One entry per `publish`, acknowledged or not. */
  readonly requests: (readonly EventRecord[])[]
  /** Since when each of them was waited for. */
  readonly waitingSinceMs: (number | undefined)[]
  /** The next publishes throw this, each with what came before its acknowledgement; undefined: acknowledge. */
  failWith(error: Error | undefined): void
  /** Publishes answer only after the returned function was called. */
  hold(): () => void
  /** What `admits` says from now on. */
  admit(isWilling: boolean): void
}

export function createFakePublisher(): FakePublisher {
  const requests: (readonly EventRecord[])[] = []
  const waitingSinceMs: (number | undefined)[] = []
  let failure: Error | undefined
  let gate: Promise<void> = Promise.resolve()
  let isWilling = true
  return {
    requests,
    waitingSinceMs,
    admits: () => isWilling,
    admit: (willing) => {
      isWilling = willing
    },
    publish: async (records: readonly OutboundRecord[], since?: number) => {
      waitingSinceMs.push(since)
      requests.push(records.filter((record) => record.kind === 'event'))
      await gate
      if (failure !== undefined) throw failure
      return { endOf: () => undefined }
    },
    failWith: (error) => {
      failure = error
    },
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
    close: async () => undefined,
  }
}

/** Turns without an end: all work starts at once. */
export const endlessTurns: LoopTurns = { run: (work) => work(), accepted: () => undefined, problem: () => undefined }

/** A logger that keeps its lines as text. */
export function createMemoryLogger(): Logger & { readonly lines: string[] } {
  const lines: string[] = []
  const write = (message: string, fields?: LogFields) => {
    lines.push(JSON.stringify({ message, ...fields }))
  }
  const logger: Logger & { readonly lines: string[] } = {
    lines,
    debug: write,
    info: write,
    warn: write,
    error: write,
    child: () => logger,
  }
  return logger
}

/** A memory logger, the log of refusals on it, and a doctor that counts nothing. */
export function createLogs() {
  const logger = createMemoryLogger()
  return { logger, refusals: createRefusalLog(logger, () => nowMs), findings: { count: () => undefined } }
}

export interface CountingMetrics extends Metrics {
  /** The value of one series, as the exposition says it; 0 when it was never touched. */
  value(series: string): Promise<number>
}

export function createCountingMetrics(): CountingMetrics {
  const metrics = createMetrics({ process: 'omit' })
  return {
    ...metrics,
    value: async (series) => {
      const { text } = await metrics.expose()
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `))
      return line === undefined ? 0 : Number(line.slice(series.length))
    },
  }
}
