// Page 6. An outage is not a bad record. While the sink is down as a whole, nothing is parked, nothing is a dead letter,
// nothing counts as tried: one call probes after 0.5, 1, 2, 4, then every 5 s, and all goes on where it stood.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { group, openStage, SinkError, type Stage, topic } from './stage.ts'

let stage: Stage
let down = true
const probes: string[] = []
const applied: string[] = []

beforeAll(async () => {
  stage = await openStage()
  await stage.say('anna', '1', '2')
  await stage.say('ben', '1')
})
afterAll(() => stage?.close())

it('an outage stops every call, writes nothing, and shows', async () => {
  const consumer = await stage.consume(async (contact, text, { attempt }) => {
    if (down) {
      probes.push(`${contact} ${text}`)
      throw new SinkError('wait')
    }
    applied.push(`${contact} ${text}, attempt ${attempt}`)
    return undefined
  })
  // Anna and Ben were called at once; then one of them probes.
  await expect.poll(() => probes.length, { timeout: 10_000 }).toBe(3)
  expect(consumer.problem()).toBe('waits for MUR_DATABASE_UNAVAILABLE')
  const { text } = await consumer.metrics.expose()
  expect(text).toContain(`murmuration_consumer_waiting{group="${group}",dependency="MUR_DATABASE_UNAVAILABLE"} 1`)
  expect(await stage.read(stage.names.retry(topic, group))).toEqual([])
  expect(await stage.read(stage.names.deadLetter(topic, group))).toEqual([])
  expect(stage.outcomes).toEqual([])
})

it('when it is over, everything is applied as if for the first time, in order', async () => {
  down = false
  await expect.poll(() => applied.length, { timeout: 10_000 }).toBe(3)
  expect(applied).toContain('ben 1, attempt 1')
  expect(applied.filter((line) => line.startsWith('anna'))).toEqual(['anna 1, attempt 1', 'anna 2, attempt 1'])
})
