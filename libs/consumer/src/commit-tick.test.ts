import { KafkaRefusedError, KafkaUnavailableError } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import { commitTick } from './commit-tick.ts'
import { settle } from './settle.ts'
import { createHarness, recordAt, until } from './testing/harness.ts'

const ATTEMPTS = { eventId: null, attempt: 1, firstFailedAtMs: null, durationMs: 1, receivedAtMs: null }

/** A harness in which these offsets are settled and wait for the commit. */
async function settled(...offsets: number[]) {
  const harness = createHarness({})
  const settleOne = (offset: number) =>
    settle(harness.source.give(recordAt(offset)), { kind: 'done' }, ATTEMPTS, harness.deps)
  for (const offset of offsets) await settleOne(offset)
  harness.journal.length = 0
  return { ...harness, settleOne }
}

describe('commitTick', () => {
  it('commits offsets after Kafka has acknowledged their outcomes', async () => {
    const { deps, publisher, journal } = await settled(5, 6)
    const acknowledged = Promise.withResolvers<void>()
    publisher.answer(acknowledged.promise)
    const ticking = commitTick(deps)
    await until(() => publisher.tries() === 1)
    expect(journal).toEqual([])
    acknowledged.resolve()
    await ticking
    expect(journal).toEqual(['publish partition-outcomes', 'commit 7'])
  })

  it('does not commit what is settled while the outcomes are on their way: its own are not among them', async () => {
    const { deps, publisher, source, settleOne } = await settled(5)
    const acknowledged = Promise.withResolvers<void>()
    publisher.answer(acknowledged.promise)
    const ticking = commitTick(deps)
    await until(() => publisher.tries() === 1)
    await settleOne(6)
    acknowledged.resolve()
    await ticking
    expect(source.commits).toEqual([[{ topic: 'p.bird.messages.v1', partition: 4, offset: 6n }]])
    expect(deps.outcomes.size()).toBe(1)
  })

  it('does nothing when nothing is settled', async () => {
    const { deps, publisher, journal, metrics } = await settled()
    await commitTick(deps)
    expect(journal).toEqual([])
    expect(publisher.tries()).toBe(0)
    expect((await metrics.expose()).text).not.toContain('result="committed"')
  })

  it('commits nothing when the outcomes are not acknowledged, and everything at the next tick', async () => {
    const { deps, publisher, journal, source, lines } = await settled(5)
    publisher.answer(new KafkaUnavailableError('away'))
    await commitTick(deps)
    expect(source.commits).toEqual([])
    expect(lines.at(-1)).toMatchObject({ errorCode: 'MUR_KAFKA_UNAVAILABLE' })
    await commitTick(deps)
    expect(journal).toEqual(['publish partition-outcomes', 'commit 6'])
  })

  it('leaves a commit that failed for the next tick, and sends its outcomes once', async () => {
    const { deps, journal, source, metrics } = await settled(5)
    source.refuseCommits(new KafkaUnavailableError('rebalancing'))
    await commitTick(deps)
    source.refuseCommits(undefined)
    await commitTick(deps)
    expect(journal).toEqual(['publish partition-outcomes', 'commit 6'])
    const { text } = await metrics.expose()
    expect(text).toContain('murmuration_consumer_commits_total{group="group-a",result="failed"} 1')
    expect(text).toContain('murmuration_consumer_commits_total{group="group-a",result="committed"} 1')
  })

  it('throws when Kafka refuses for good', async () => {
    const { deps, source } = await settled(5)
    source.refuseCommits(new KafkaRefusedError({ kafkaError: 'GROUP_AUTHORIZATION_FAILED' }))
    await expect(commitTick(deps)).rejects.toThrow(KafkaRefusedError)
  })

  it('shows the lag by topic, without the prefix, also when nothing is to be committed', async () => {
    const { deps, source, metrics } = await settled()
    source.give(recordAt(9))
    await commitTick(deps)
    expect((await metrics.expose()).text).toContain(
      'murmuration_consumer_lag_records{group="group-a",topic="bird.messages.v1"} 1',
    )
  })
})
