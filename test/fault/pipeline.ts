import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { catalog, type PartitionOutcomes } from '@murmuration/schemas'
import type { SampleStep } from '../../deploy/local/sample/conversation.ts'
import { postWebhook, type SampleAnswer } from '../../deploy/local/sample/post-webhook.ts'
import { type Everything, startEverything } from '../../deploy/local/start/start-everything.ts'
import { watchOutcomes } from '../../deploy/local/start/watch-outcomes.ts'

const home = fileURLToPath(new URL('../../.murmuration/', import.meta.url))

/** A whole pipeline for a fault test, with data of its own. */
export interface Pipeline {
  readonly everything: Everything
  /** What run.json holds while `npm start` runs, for other programs. */
  readonly runFile: string
  /** Plays one conversation after the answer to each webhook; Bird's repeats included. */
  play(): Promise<readonly PlayedStep[]>
  /** Waits until each consumer has reported an end for each of the events; rejects when patience is over. */
  endsOf(played: readonly PlayedStep[], options: { readonly patienceMs: number }): Promise<EndReport>
  /** Webhooks in the audit trail, in the order of the file. */
  auditTrail(): Promise<readonly AuditedWebhook[]>
  close(): Promise<void>
}

/** A line of the audit trail. */
export interface AuditedWebhook {
  readonly kind: string
  /** Topic, partition and offset of the raw record. */
  readonly t: string
  readonly p: number
  readonly o: string
  readonly eventId: string
}

/** A webhook that was answered. */
export interface PlayedStep {
  readonly step: SampleStep
  readonly answer: SampleAnswer
}

/** What the outcomes topic says. */
export interface EndReport {
  /** `group event-id` of expected ends that no outcome names. */
  readonly missing: readonly string[]
  /** `group event-id` of records that ended otherwise than expected, where a repeat may also be skipped. */
  readonly wrong: readonly string[]
  readonly checked: number
}

/** Starts everything that `npm start` starts. */
export async function startPipeline(): Promise<Pipeline> {
  await mkdir(home, { recursive: true })
  const dataDir = await mkdtemp(join(home, 'fault-'))
  const cleanup = new AsyncDisposableStack()
  cleanup.defer(() => rm(dataDir, { recursive: true, force: true }))
  const abort = new AbortController()
  const everything = await startEverything({
    home,
    dataDir,
    logDir: join(dataDir, 'logs'),
    runFile: join(dataDir, 'run.json'),
    env: { PATH: process.env.PATH, HOME: process.env.HOME, JAVA_HOME: process.env.JAVA_HOME },
    signal: abort.signal,
    onProgress: () => undefined,
    note: () => undefined,
    cleanup,
  }).catch(async (error: unknown) => {
    await cleanup.disposeAsync()
    throw error
  })
  const { run } = everything
  const source = run.sources[0]
  if (source === undefined) throw new TypeError('no source')
  const target = { ...source, postUrl: `${run.ingress.url}${source.path}` }
  return {
    everything,
    runFile: join(dataDir, 'run.json'),
    async play() {
      const played: PlayedStep[] = []
      for (const step of everything.newConversation())
        played.push({ step, answer: await postWebhook(step, target, abort.signal) })
      return played
    },
    endsOf: (played, { patienceMs }) => collectEnds(everything, played, patienceMs),
    auditTrail: async () => {
      const lines = (await readFile(join(dataDir, 'audit', 'local', 'trail.jsonl'), 'utf8')).trimEnd().split('\n')
      return lines.map((line) => JSON.parse(line) as AuditedWebhook).filter((line) => line.kind === 'event')
    },
    close: async () => {
      abort.abort()
      await cleanup.disposeAsync()
    },
  }
}

async function collectEnds(
  everything: Everything,
  played: readonly PlayedStep[],
  patienceMs: number,
): Promise<EndReport> {
  const expected = new Map(played.flatMap(toExpected))
  const missing = new Set(expected.keys())
  const wrong: string[] = []
  const all = Promise.withResolvers<void>()
  if (missing.size === 0) all.resolve()
  const tail = await watchOutcomes({
    brokers: everything.run.kafka.brokers,
    registry: { url: everything.run.registry.url, timeoutMs: 5_000 },
    topicPrefix: '',
    from: 'beginning',
    onOutcomes: (event: PartitionOutcomes) => {
      for (const { topic, eventId, kind, reason } of event.entries) {
        const id = `${event.group} ${topic} ${eventId}`
        const wanted = expected.get(id)
        if (wanted !== undefined && kind !== wanted && reason !== 'duplicate' && reason !== 'already-appended')
          wrong.push(id)
        if (missing.delete(id) && missing.size === 0) all.resolve()
      }
    },
  })
  const patience = setTimeout(all.resolve, patienceMs)
  await all.promise
  clearTimeout(patience)
  await tail.close()
  return { missing: [...missing], wrong, checked: expected.size }
}

function toExpected({ step, answer }: PlayedStep): (readonly [string, string])[] {
  if (answer.result !== 'accepted') return []
  return step.ends.flatMap(({ group, record, kind }) => {
    const { topic } = catalog[record]
    const ids = record === 'raw-webhook' ? [answer.rawRef] : answer.eventIds.filter((id) => isOf(id, record))
    return ids.map((id) => [`${group} ${topic} ${id}`, kind] as const)
  })
}

/** Event ids name their kind after version and workspace. */
function isOf(eventId: string, record: string): boolean {
  const kind = eventId.split(':')[2] ?? ''
  return record === 'message-status' ? kind === 'status' || kind === 'interaction' : kind === record
}
