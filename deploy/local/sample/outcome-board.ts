import { catalog, type OutcomeEntry, type PartitionOutcomes } from '@murmuration/schemas'
import type { ExpectedEnd, SampleStep } from './conversation.ts'
import type { SampleAnswer } from './post-webhook.ts'

/** What became of an event at a consumer. */
export interface SeenEnd {
  readonly group: string
  readonly kind: string
  readonly reason: string | null
  /** From the POST to the end, ms. */
  readonly afterMs: number
}

/** A step of the sample and what became of it. */
export interface StepResult {
  readonly name: string
  readonly answer: SampleAnswer
  readonly ends: readonly SeenEnd[]
  /** True when the answer and every end are as expected. */
  readonly ok: boolean
}

interface OpenStep {
  readonly step: SampleStep
  readonly answer: SampleAnswer
}

/** Matches answers and outcomes with what the sample expects of them. */
export interface OutcomeBoard {
  /** A step was answered. */
  answered(step: SampleStep, answer: SampleAnswer): void
  /** A record of pipeline.outcomes.v1 came in. */
  outcomes(event: PartitionOutcomes): void
  /** What is known of the steps that have not come to all their ends. */
  unfinished(): readonly StepResult[]
}

/**
 * Creates a board. Outcomes may come before the answer that names their events; they are kept until it comes.
 * @param finished called when a step has come to all its ends
 */
export function createOutcomeBoard(finished: (result: StepResult) => void): OutcomeBoard {
  const entries = new Map<string, OutcomeEntry>()
  const open = new Set<OpenStep>()

  function check(opened: OpenStep): void {
    const result = toResult(opened, entries)
    if (result.ends.length < opened.step.ends.length) return
    open.delete(opened)
    finished(result)
  }

  return {
    answered(step, answer) {
      const opened = { step, answer }
      open.add(opened)
      check(opened)
    },
    outcomes(event) {
      for (const entry of event.entries) {
        const key = keyOf(event.group, entry.topic, entry.eventId)
        // The first end is the one that counts: a duplicate's later skip does not undo it.
        if (!entries.has(key)) entries.set(key, entry)
      }
      for (const opened of open) check(opened)
    },
    unfinished: () => [...open].map((opened) => ({ ...toResult(opened, entries), ok: false })),
  }
}

function toResult({ step, answer }: OpenStep, entries: ReadonlyMap<string, OutcomeEntry>): StepResult {
  const found = step.ends.flatMap((end) => {
    const entry = findEntry(end, answer, entries)
    return entry === undefined ? [] : [{ end, entry }]
  })
  const answerOk = answer.status === step.status && answer.result === step.result
  return {
    name: step.name,
    answer,
    ends: found.map(({ end, entry }) => ({
      group: end.group,
      kind: entry.kind,
      reason: entry.reason,
      afterMs: Math.max(0, entry.settledAt - answer.sentAtMs),
    })),
    ok: answerOk && found.length === step.ends.length && found.every(({ end, entry }) => end.kind === entry.kind),
  }
}

function findEntry(
  end: ExpectedEnd,
  answer: SampleAnswer,
  entries: ReadonlyMap<string, OutcomeEntry>,
): OutcomeEntry | undefined {
  const topic = catalog[end.record].topic
  const ids = end.record === 'raw-webhook' ? [answer.rawRef ?? ''] : answer.eventIds
  return ids.map((id) => entries.get(keyOf(end.group, topic, id))).find((entry) => entry !== undefined)
}

function keyOf(group: string, topic: string, eventId: string | null): string {
  return `${group} ${topic} ${eventId}`
}
