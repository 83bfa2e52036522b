// Page 7. Anna, Ben and Cleo each have a message that fails, and the plan says park: never give up. An operator decides,
// by a record in the retry topic: the key, the message's offset in its topic, and one word. `murmur parked` writes such
// records, and who ordered them and why into pipeline.operations.v1.
import { headerNames } from '@murmuration/kafka'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { group, openStage, SinkError, type Stage, topic } from './stage.ts'

let stage: Stage
let mended = false
const applied: string[] = []

beforeAll(async () => {
  stage = await openStage()
  // Offsets 0 and 1 are Anna's, 2 and 3 Ben's, 4 and 5 Cleo's.
  for (const contact of ['anna', 'ben', 'cleo']) await stage.say(contact, 'odd', 'plain')
  await stage.consume(
    async (contact, text) => {
      if (text === 'odd' && !mended) throw new SinkError('retry')
      applied.push(`${contact} ${text}`)
      return undefined
    },
    // Nobody's message is tried again before the page is over.
    { whenSpent: 'park', minDelayMs: 10 * 60_000, maxDelayMs: 10 * 60_000 },
  )
})
afterAll(() => stage?.close())

const command = (word: 'retry-now' | 'release' | 'discard', contact: string, originOffset: number) =>
  stage.command({ [headerNames.command]: word, [headerNames.originOffset]: String(originOffset) }, contact)

/** What became of an offset after it was parked. */
const endOf = (wanted: number) => {
  const end = stage.outcomes.find(({ offset, kind }) => offset === wanted && kind !== 'retry')
  return end === undefined ? undefined : [end.kind, end.reason]
}

it('six messages are parked: each contact has one that failed, and one behind it', async () => {
  await expect.poll(() => stage.outcomes.filter(({ kind }) => kind === 'retry').length, { timeout: 10_000 }).toBe(6)
  expect(applied).toEqual([])
})

it('release: the message becomes a dead letter, and those behind it are applied without it', async () => {
  await command('release', 'ben', 2)
  await expect.poll(() => applied, { timeout: 10_000 }).toEqual(['ben plain'])
  await expect.poll(() => endOf(2), { timeout: 10_000 }).toEqual(['dead-letter', 'released'])
  const [letter] = await stage.read(stage.names.deadLetter(topic, group))
  expect([letter?.key?.toString(), String(letter?.headers[headerNames.errorCode])]).toEqual(['ben', 'released'])
})

it('discard: the message goes, its outcome says that an operator said so, and those behind it are applied', async () => {
  await command('discard', 'cleo', 4)
  await expect.poll(() => applied, { timeout: 10_000 }).toEqual(['ben plain', 'cleo plain'])
  await expect.poll(() => endOf(4), { timeout: 10_000 }).toEqual(['discarded', 'operator'])
  expect(await stage.read(stage.names.deadLetter(topic, group))).toHaveLength(1)
})

it('retry-now: the message is tried at once, and its key goes on in order', async () => {
  expect(endOf(0)).toBeUndefined()
  mended = true
  await command('retry-now', 'anna', 0)
  await expect.poll(() => applied.slice(2), { timeout: 10_000 }).toEqual(['anna odd', 'anna plain'])
  await expect.poll(() => endOf(1), { timeout: 10_000 }).toEqual(['done', null])
})
