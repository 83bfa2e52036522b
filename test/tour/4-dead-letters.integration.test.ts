// Page 4. What a sink will never take is moved aside, to the dead-letter topic of the group, and its key goes on. A dead
// letter is the record as it was (key, bytes, headers, partition), and headers that say where it comes from and why.
import { headerNames } from '@murmuration/kafka'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { group, openStage, SinkError, type Stage, topic } from './stage.ts'

let stage: Stage
const applied: string[] = []

beforeAll(async () => {
  stage = await openStage()
  await stage.say('anna', '1', 'poison', '3')
  await stage.say('ben', 'never today', '2')
  await stage.consume(
    async (contact, text) => {
      if (text === 'poison') throw new SinkError('dead-letter')
      if (text === 'never today') throw new SinkError('retry')
      applied.push(`${contact} ${text}`)
      return undefined
    },
    // Half a second instead of a day.
    { budgetMs: 500 },
  )
})
afterAll(() => stage?.close())

const letters = () => stage.read(stage.names.deadLetter(topic, group))

it('a message that the sink refuses for good is a dead letter at once; those behind it are applied without it', async () => {
  await expect.poll(() => applied, { timeout: 10_000 }).toEqual(expect.arrayContaining(['anna 1', 'anna 3']))
  const [letter] = await letters()
  const origin = (await stage.read(stage.names.topic(topic)))[1]
  expect(letter?.key).toEqual(origin?.key)
  expect(letter?.value).toEqual(origin?.value)
  const headers = Object.fromEntries(
    Object.entries(letter?.headers ?? {}).map(([name, value]) => [name, String(value)]),
  )
  expect(headers).toEqual({
    [headerNames.group]: group,
    [headerNames.handler]: 'tour',
    [headerNames.originTopic]: stage.names.topic(topic),
    [headerNames.originPartition]: '0',
    [headerNames.originOffset]: '1',
    [headerNames.errorCode]: 'MUR_DATABASE_REFUSED',
    [headerNames.attempt]: '1',
    [headerNames.firstFailedAt]: expect.stringMatching(/^\d{13}$/),
  })
})

it('one that failed until its budget was spent is a dead letter too, and says how often it was tried', async () => {
  await expect.poll(() => applied, { timeout: 10_000 }).toContain('ben 2')
  const letter = (await letters())[1]
  expect(letter?.key?.toString()).toBe('ben')
  expect(String(letter?.headers[headerNames.errorCode])).toBe('MUR_DATABASE_CONFLICT')
  expect(Number(letter?.headers[headerNames.attempt])).toBeGreaterThan(1)
})
