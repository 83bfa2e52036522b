// Page 8. Two places tell how a consumer stands. The outcomes topic says of every offset what became of it. The lag, in
// records and seconds, says what has not come to its end, and why: not tried yet, delayed by design, or behind a parked one.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { group, openStage, SinkError, type Stage, topic } from './stage.ts'

let stage: Stage
let exposed: () => Promise<string>
const doraMayGo = Promise.withResolvers<void>()

beforeAll(async () => {
  stage = await openStage()
  await stage.say('anna', 'fails', 'waits behind it')
  await stage.say('ben', 'fine')
  await stage.say('cleo', 'not our customer')
  await stage.say('dora', 'slow', 'waits for the slow one')
  const { metrics } = await stage.consume(
    async (contact, text) => {
      if (text === 'fails') throw new SinkError('retry')
      if (contact === 'cleo') return { kind: 'skip', reason: 'not-our-customer' }
      if (text === 'slow') await doraMayGo.promise
      return undefined
    },
    { minDelayMs: 10 * 60_000, maxDelayMs: 10 * 60_000 },
  )
  exposed = async () => (await metrics.expose()).text
})
afterAll(() => stage?.close())

it('every settled offset has an outcome, a reason where one is due, and the number of tries', async () => {
  await expect.poll(() => stage.outcomes.length, { timeout: 10_000 }).toBe(4)
  const told = stage.outcomes.map(({ offset, kind, reason, attempt }) => ({ offset, kind, reason, attempt }))
  expect(told.toSorted((a, b) => a.offset - b.offset)).toEqual([
    { offset: 0, kind: 'retry', reason: 'MUR_DATABASE_CONFLICT', attempt: 1 },
    { offset: 1, kind: 'retry', reason: 'behind-parked', attempt: 0 },
    { offset: 2, kind: 'done', reason: null, attempt: 1 },
    { offset: 3, kind: 'skip', reason: 'not-our-customer', attempt: 1 },
  ])
})

it('the lag tells what is fresh, what is delayed by design, and what stands behind a parked one', async () => {
  const lag = (kind: string, records: number) =>
    `murmuration_consumer_lag_records{group="${group}",topic="${topic}",kind="${kind}"} ${records}`
  await expect.poll(exposed, { timeout: 10_000 }).toContain(lag('fresh', 2))
  const text = await exposed()
  expect(text).toContain(lag('delayed', 1))
  expect(text).toContain(lag('parked', 1))
  expect(text).toContain(`murmuration_consumer_parked_keys{group="${group}",topic="${topic}"} 1`)
})

it('in seconds it is the age of the oldest record that was not tried yet: Dora waits', async () => {
  const seconds = async () => {
    const series = `murmuration_consumer_lag_seconds{group="${group}",topic="${topic}",kind="fresh"} `
    const line = (await exposed()).split('\n').find((one) => one.startsWith(series))
    return Number(line?.slice(series.length))
  }
  await expect.poll(seconds, { timeout: 10_000 }).toBeGreaterThan(0)
  doraMayGo.resolve()
  await expect.poll(seconds, { timeout: 10_000 }).toBe(0)
})
