import type { OutboundRecord, Publisher } from '@murmuration/kafka'

/** A publisher that keeps what it acknowledged, or answers as the test says. */
export interface FakePublisher extends Publisher {
  /** What was acknowledged, in order. */
  readonly published: readonly OutboundRecord[]
  /** Each next publish takes one answer: an error is thrown, a promise is waited for, undefined is an acknowledgement. */
  answer(...answers: (Error | Promise<void> | undefined)[]): void
  /** Publishes that were tried. */
  readonly tries: () => number
}

/** Creates a publisher that writes `publish dead-letter`, `publish quarantined-record`, … into a journal. */
export function createFakePublisher(journal: string[] = []): FakePublisher {
  const published: OutboundRecord[] = []
  const answers: (Error | Promise<void> | undefined)[] = []
  let tries = 0
  return {
    published,
    tries: () => tries,
    answer: (...more) => {
      answers.push(...more)
    },
    async publish(records) {
      tries += 1
      const answer = answers.shift()
      if (answer instanceof Error) throw answer
      await answer
      for (const record of records) {
        published.push(record)
        journal.push(`publish ${record.kind === 'event' ? record.record : 'dead-letter'}`)
      }
    },
    close: async () => undefined,
  }
}
