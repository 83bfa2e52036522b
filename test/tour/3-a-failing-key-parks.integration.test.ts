// Page 3. The sink can't take Anna's message now. It is parked in the retry topic, and her later ones queue up behind it,
// untried. Nobody else waits: her offsets are settled, since the retry topic has acknowledged what they held.
import { headerNames } from '@murmuration/kafka'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { group, openStage, SinkError, type Stage, topic } from './stage.ts'

let stage: Stage
let busyWithAnna = true
const applied: string[] = []

beforeAll(async () => {
  stage = await openStage()
  await stage.say('anna', '1', '2')
  await stage.say('ben', '1', '2')
  await stage.consume(async (contact, text) => {
    if (contact === 'anna' && busyWithAnna) throw new SinkError('retry')
    applied.push(`${contact} ${text}`)
    return undefined
  })
})
afterAll(() => stage?.close())

/** What became of each offset. A record that nobody tried was not decoded either: it has no event id yet. */
const ends = () => stage.outcomes.map(({ offset, eventId, kind, reason }) => [offset, eventId, kind, reason])

it("Ben's messages are done while Anna's wait", async () => {
  await expect.poll(() => stage.outcomes.length, { timeout: 10_000 }).toBe(4)
  expect(applied).toEqual(['ben 1', 'ben 2'])
  expect(ends().toSorted()).toEqual([
    [0, 'anna 1', 'retry', 'MUR_DATABASE_CONFLICT'],
    [1, null, 'retry', 'behind-parked'],
    [2, 'ben 1', 'done', null],
    [3, 'ben 2', 'done', null],
  ])
})

it('the retry topic holds both in order: the first was tried, the second stands behind it', async () => {
  const parked = await stage.read(stage.names.retry(topic, group))
  const facts = parked.map(({ key, headers }) => ({
    key: key?.toString(),
    offset: String(headers[headerNames.originOffset]),
    head: String(headers[headerNames.head]),
    tries: String(headers[headerNames.attempt]),
  }))
  expect(facts).toEqual([
    { key: 'anna', offset: '0', head: '1', tries: '1' },
    { key: 'anna', offset: '1', head: '0', tries: '0' },
  ])
})

it('a message that Anna writes now gets in line behind them', async () => {
  await stage.say('anna', '3')
  await expect.poll(() => ends().at(-1), { timeout: 10_000 }).toEqual([4, null, 'retry', 'behind-parked'])
})

it('once the sink takes them, all come in the order in which she wrote', async () => {
  busyWithAnna = false
  await expect.poll(() => applied, { timeout: 10_000 }).toEqual(['ben 1', 'ben 2', 'anna 1', 'anna 2', 'anna 3'])
})
