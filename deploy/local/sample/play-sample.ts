import { setTimeout as sleep } from 'node:timers/promises'
import type { PartitionOutcomes } from '@murmuration/schemas'
import type { SampleStep } from './conversation.ts'
import { createOutcomeBoard, type StepResult } from './outcome-board.ts'
import { postWebhook, type SampleTarget } from './post-webhook.ts'

/** How long the last events may take to come to their ends, ms. Retries at a consumer take up to half a minute. */
const PATIENCE_MS = 60_000

/** A play of the sample. */
export interface SamplePlay {
  /** Feeds a record of pipeline.outcomes.v1. */
  outcomes(event: PartitionOutcomes): void
  /** Resolves with every step's result in the order of the steps, when all have come to their ends or patience is over. Rejects when aborted. */
  readonly results: Promise<readonly StepResult[]>
}

/**
 * Plays the conversation: each webhook after the answer to the one before, as one subscription of Bird does.
 *
 * @param options.onStep called when a step has come to all its ends
 */
export function playSample(
  steps: readonly SampleStep[],
  options: {
    readonly target: SampleTarget
    readonly signal: AbortSignal
    readonly onStep: (result: StepResult) => void
  },
): SamplePlay {
  const finished: StepResult[] = []
  const all = Promise.withResolvers<void>()
  const board = createOutcomeBoard((result) => {
    finished.push(result)
    options.onStep(result)
    if (finished.length === steps.length) all.resolve()
  })

  async function play(): Promise<readonly StepResult[]> {
    for (const step of steps) board.answered(step, await postWebhook(step, options.target, options.signal))
    const patience = new AbortController()
    const signal = AbortSignal.any([patience.signal, options.signal])
    await Promise.race([all.promise, sleep(PATIENCE_MS, undefined, { signal }).catch(() => undefined)])
    patience.abort()
    options.signal.throwIfAborted()
    const results = [...finished, ...board.unfinished()]
    return steps.flatMap((step) => results.filter((result) => result.name === step.name))
  }
  return { outcomes: board.outcomes, results: play() }
}

/** From a step's POST to its end at the last consumer, ms. */
export function lastEndMs(result: StepResult | undefined): number | undefined {
  return result === undefined || result.ends.length === 0
    ? undefined
    : Math.max(...result.ends.map((end) => end.afterMs))
}
