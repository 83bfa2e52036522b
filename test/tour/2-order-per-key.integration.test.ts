// Page 2. Kafka keeps the order of a partition; the consumer keeps the order of each key, and handles keys side by side.
// Anna and Ben share one partition here, as thousands of contacts do.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStage, type Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.close())

it("Anna's messages are handled one after the other; Ben's do not wait for hers, though they came later", async () => {
  const log: string[] = []
  const benIsDone = Promise.withResolvers<void>()
  await stage.say('anna', '1', '2', '3')
  await stage.say('ben', '1', '2')

  await stage.consume(async (contact, text) => {
    log.push(`${contact} ${text} begins`)
    // Anna's first call ends only when Ben's last one has.
    if (contact === 'anna' && text === '1') await benIsDone.promise
    log.push(`${contact} ${text} ends`)
    if (contact === 'ben' && text === '2') benIsDone.resolve()
    return undefined
  })

  const of = (contact: string) => log.filter((line) => line.startsWith(contact))
  await expect.poll(() => log.length, { timeout: 10_000 }).toBe(10)
  expect(of('anna')).toEqual(['1', '2', '3'].flatMap((text) => [`anna ${text} begins`, `anna ${text} ends`]))
  expect(of('ben')).toEqual(['1', '2'].flatMap((text) => [`ben ${text} begins`, `ben ${text} ends`]))
  expect(log.indexOf('ben 2 ends')).toBeLessThan(log.indexOf('anna 1 ends'))
})
