import { catalog, type RecordName } from '@murmuration/schemas'
import { expect } from 'vitest'
import { type Pipeline, type PlayedStep, startPipeline } from '../fault/pipeline.ts'

/** A running pipeline whose sample has come to its ends. */
export interface PlayedSample {
  readonly pipeline: Pipeline
  readonly brokers: string
  readonly registry: string
  /** Event ids that were answered with 202, each once, sorted. */
  readonly answeredIds: readonly string[]
  readonly played: readonly PlayedStep[]
}

/** The records of a webhook's events. */
export const typedRecords = ['message', 'message-status', 'conversation', 'platform-event'] as const

/** Topics that the sample fills. */
export const sampleTopics: readonly string[] = (
  ['raw-webhook', ...typedRecords, 'media-asset', 'partition-outcomes'] satisfies readonly RecordName[]
).map((record) => catalog[record].topic)

/** Starts everything, plays the sample, and waits until each consumer has come to its end with each event. */
export async function playSample(): Promise<PlayedSample> {
  const pipeline = await startPipeline()
  try {
    const played = await pipeline.play()
    const report = await pipeline.endsOf(played, { patienceMs: 60_000 })
    expect(report.missing).toEqual([])
    const ids = played.flatMap(({ answer }) => (answer.result === 'accepted' ? answer.eventIds : []))
    const { kafka, registry } = pipeline.everything.run
    return { pipeline, played, brokers: kafka.brokers, registry: registry.url, answeredIds: [...new Set(ids)].sort() }
  } catch (error) {
    await pipeline.close()
    throw error
  }
}
