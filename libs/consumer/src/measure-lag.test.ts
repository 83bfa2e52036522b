import { describe, expect, it } from 'vitest'
import { ChosenError } from './testing/errors.ts'
import { createHarness, GROUP, journalHandler, TOPIC } from './testing/harness.ts'

/** The value of a series in the text that Prometheus scrapes. */
async function seriesValue(harness: ReturnType<typeof createHarness>, series: string): Promise<number | undefined> {
  const { text } = await harness.metrics.expose()
  const line = text.split('\n').find((candidate) => candidate.startsWith(`murmuration_consumer_${series} `))
  return line === undefined ? undefined : Number(line.split(' ').at(-1))
}
const labels = (kind: string) => `{group="${GROUP}",topic="${TOPIC}",kind="${kind}"}`

describe('what a consumer says about itself', () => {
  it('splits its lag into fresh, delayed and parked, and ages the oldest', async () => {
    const gate = new Promise<void>(() => {})
    const harness = createHarness({
      handleEvent: async ({ eventId }) => {
        if (eventId === 'a1') throw new ChosenError('MUR_OUTBOUND_FAILED')
        await gate
        return { kind: 'done' }
      },
    })
    harness.give('a', 1, 2, 3)
    harness.give('b', 1, 2)
    await harness.join('m-0')
    await harness.pass(1_000)
    expect(await seriesValue(harness, `lag_records${labels('delayed')}`)).toBe(1)
    expect(await seriesValue(harness, `lag_records${labels('parked')}`)).toBe(2)
    expect(await seriesValue(harness, `lag_records${labels('fresh')}`)).toBe(2)
    expect(await seriesValue(harness, `parked_keys{group="${GROUP}",topic="${TOPIC}"}`)).toBe(1)
    const before = (await seriesValue(harness, `lag_seconds${labels('fresh')}`)) ?? 0
    await harness.pass(2_000)
    expect(await seriesValue(harness, `lag_seconds${labels('fresh')}`)).toBeCloseTo(before + 2, 0)
  })

  it('calls its lag waiting while a dependency is down', async () => {
    const fails = () => new ChosenError('MUR_DATABASE_UNAVAILABLE')
    const harness = createHarness({ handleEvent: journalHandler([], fails) })
    harness.give('a', 1, 2)
    await harness.join('m-0')
    await harness.pass(1_100)
    expect(await seriesValue(harness, `lag_records${labels('waiting')}`)).toBe(2)
    expect(await seriesValue(harness, `lag_records${labels('fresh')}`)).toBe(0)
  })

  it('counts what a next owner will repeat', async () => {
    const harness = createHarness({ handleEvent: journalHandler([]) })
    const { source } = await harness.join('m-0')
    await harness.pass(210)
    harness.give('a', 1, 2)
    await harness.pass(50)
    source.freeze()
    harness.cluster.expire('m-0')
    await harness.pass(50)
    source.thaw()
    await harness.pass(300)
    expect(await seriesValue(harness, `repeats_total{group="${GROUP}"}`)).toBe(2)
  })

  it('says why a partition takes nothing new', async () => {
    const fails = () => new ChosenError('MUR_OUTBOUND_FAILED')
    const harness = createHarness({
      handleEvent: journalHandler([], fails),
      consumer: {
        limits: {
          maxUnsettled: 10,
          maxParked: 2,
          maxUncommitted: 100,
          maxHeldBytes: 1e6,
          maxBufferedRecords: 10,
          maxBufferedBytes: 1e6,
        },
      },
    })
    harness.give('a', 1, 2, 3, 4, 5)
    await harness.join('m-0')
    await harness.pass(200)
    harness.give('b', 1)
    await harness.pass(2_200)
    expect(await seriesValue(harness, `held_back_partitions{group="${GROUP}",reason="parked"}`)).toBe(1)
  })
})
