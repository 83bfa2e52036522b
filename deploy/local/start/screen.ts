import { catalog, type PartitionOutcomes } from '@murmuration/schemas'
import type { StepResult } from '../sample/outcome-board.ts'
import type { RunFile } from './run-file.ts'

/** What `npm start` measured. */
export interface Figures {
  /** From the start of the servers, downloads excluded, to everything ready. */
  readonly readyMs: number
  /** From the first POST to its end at the last consumer; undefined without a sample. */
  readonly firstWebhookMs: number | undefined
  /** Summed PSS of this process and all it started; undefined where the system can't tell. */
  readonly memoryMiB: number | undefined
}

/** Tells people, or machines, what happens. */
export interface Screen {
  note(text: string): void
  listening(run: RunFile): void
  step(result: StepResult): void
  outcomes(event: PartitionOutcomes): void
  end(summary: { readonly ok: boolean; readonly steps: readonly StepResult[]; readonly figures: Figures }): void
}

type Write = (text: string) => void

/** For people: everything on standard output, in the order in which it happens. */
export function createPeopleScreen(out: Write): Screen {
  return {
    note: (text) => out(`  ${text}\n`),
    listening: (run) => out(`\n${toListeningText(run)}\n`),
    step: (result) => out(`${toStepLine(result)}\n`),
    outcomes: (event) => out(toOutcomeLines(event)),
    end: ({ ok, steps, figures }) => out(`\n${toSummary(ok, steps, figures)}\n`),
  }
}

/** For machines: JSON lines on standard output, notes on standard error. */
export function createJsonScreen(out: Write, err: Write): Screen {
  const line = (kind: string, value: object): void => out(`${JSON.stringify({ kind, ...value })}\n`)
  return {
    note: (text) => err(`${text}\n`),
    // Without the signing key: it stays in run.json, which only its owner can read.
    listening: ({ ingress, kafka, registry, services }) => line('listening', { ingress, kafka, registry, services }),
    step: (result) => line('step', result),
    outcomes: (event) => line('outcomes', event),
    end: (summary) => line('end', summary),
  }
}

function toListeningText(run: RunFile): string {
  const rows = [
    ...run.sources.map(({ path }) => ['webhooks', `${run.ingress.url}${path}`]),
    ['Kafka', run.kafka.brokers],
    ['schema registry', run.registry.url],
    ['PostgreSQL', run.database.url.replace(/\/\/.*@/, '//…@')],
    ...Object.entries(run.services).map(([name, { url }]) => [name, `${url}/metrics  ${url}/health/ready`]),
  ]
  return rows.map(([name = '', where]) => `  ${name.padEnd(18)} ${where}`).join('\n')
}

function toStepLine({ name, answer, ends, ok }: StepResult): string {
  const repeats = answer.repeats === 0 ? '' : `, after ${answer.repeats} repeats`
  const reached = ends.map((end) => {
    const kind = end.reason === null ? end.kind : `${end.kind} (${end.reason})`
    return `${end.group} ${kind} ${end.afterMs} ms`
  })
  const result =
    ends.length > 0 ? reached.join(' · ') : answer.status === 401 ? 'refused, as it must be' : answer.result
  return `  ${ok ? '✓' : '✗'} ${name.padEnd(32)} ${answer.status} in ${answer.tookMs} ms${repeats}   ${result}`
}

function toOutcomeLines(event: PartitionOutcomes): string {
  return event.entries
    .filter((entry) => entry.topic !== catalog['raw-webhook'].topic)
    .map((entry) => {
      const kind = entry.reason === null ? entry.kind : `${entry.kind} (${entry.reason})`
      return `  · ${entry.topic} ${entry.eventId ?? `offset ${entry.offset}`}   ${event.group} ${kind}\n`
    })
    .join('')
}

function toSummary(ok: boolean, steps: readonly StepResult[], figures: Figures): string {
  const good = steps.filter((step) => step.ok).length
  const missed = steps.filter((step) => !step.ok).map((step) => `  ✗ ${step.name}`)
  const first =
    figures.firstWebhookMs === undefined ? [] : [`  first webhook at its last sink after ${figures.firstWebhookMs} ms`]
  const memory =
    figures.memoryMiB === undefined ? [] : [`  memory of all processes ${figures.memoryMiB} MiB (summed PSS)`]
  return [
    `  ${good} of ${steps.length} webhooks came to their expected ends${ok ? '' : '; not these:'}`,
    ...missed,
    `  ready after ${(figures.readyMs / 1_000).toFixed(1)} s`,
    ...first,
    ...memory,
  ].join('\n')
}
