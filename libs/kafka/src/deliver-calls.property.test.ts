import fc from 'fast-check'
import { expect, it } from 'vitest'
import { call, MAX_LENGTH, setUpDelivery } from './deliver-calls.fixture.ts'
import type { Call } from './route-calls.ts'
import type { BatchFault } from './testing/fake-brokers.ts'

type Play = BatchFault | 'abort' | undefined

/** After none of these is it left open for Kafka, or for us, whether a number is used up that goes to the same records again. */
const PASSING: readonly Play[] = [
  'lost',
  'unanswered',
  'late',
  'abort',
  { error: 'NOT_LEADER_FOR_PARTITION' },
  { error: 'NOT_LEADER_FOR_PARTITION', written: true },
  { error: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', written: true },
  { error: 'LEADER_NOT_AVAILABLE' },
  { error: 'UNKNOWN_TOPIC_OR_PARTITION', written: true },
]
/** Behind a try that may have been written, one of these makes a second copy under another epoch. */
const RENUMBERING: readonly Play[] = [{ error: 'MESSAGE_TOO_LARGE' }, { error: 'UNKNOWN_PRODUCER_ID' }]

const prepareFault = fc.constantFrom(
  'away',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'GROUP_LOAD_IN_PROGRESS',
  undefined,
  undefined,
)

function historyOf(plays: readonly Play[]) {
  const oneCall = fc.record({
    partitions: fc.uniqueArray(fc.integer({ min: 0, max: 2 }), { minLength: 1 }),
    isLarge: fc.nat(9).map((n) => n === 0),
  })
  const oneRequest = fc.record({
    calls: fc.array(oneCall, { minLength: 1, maxLength: 5 }),
    plays: fc.array(fc.option(fc.constantFrom(...plays), { nil: undefined, freq: 4 }), { minLength: 1, maxLength: 24 }),
    prepareFaults: fc.array(prepareFault, { maxLength: 4 }),
    isToldMissing: fc.nat(9).map((n) => n === 0),
    arrivals: fc.array(fc.boolean(), { maxLength: 6 }),
  })
  return fc.array(oneRequest, { maxLength: 8 })
}

/** Plays a history. @returns for each partition what was acknowledged, and what is there */
async function play(history: ReturnType<typeof historyOf> extends fc.Arbitrary<infer T> ? T : never) {
  const { brokers, deliver, log, missing, beforeRepeat } = setUpDelivery()
  const acknowledged: Call[] = []
  let count = 0
  for (const { calls, plays, prepareFaults, isToldMissing, arrivals } of history) {
    const sent = calls.map(({ partitions, isLarge }) => {
      count += 1
      return call(String(count).padStart(isLarge ? MAX_LENGTH + 1 : 1, '0'), ...partitions)
    })
    const leaving = new AbortController()
    const [nextPlays, nextArrivals] = [[...plays], [...arrivals]]
    missing(...(isToldMissing ? ['a'] : []))
    brokers.prepareFaults.splice(0, Number.POSITIVE_INFINITY, ...prepareFaults.filter((fault) => fault !== undefined))
    brokers.faults = () => {
      const next = nextPlays.shift()
      if (next !== 'abort') return next
      leaving.abort()
      return 'late'
    }
    beforeRepeat(() => {
      if (nextArrivals.shift()) brokers.deliverLate()
    })
    const { errors } = await deliver(sent, leaving.signal).catch(() => ({ errors: sent.map(() => 'left') }))
    acknowledged.push(...sent.filter((_, at) => errors[at] === undefined))
    if (nextArrivals.shift()) brokers.deliverLate()
  }
  brokers.deliverLate()
  return [0, 1, 2].map((partition) => ({
    acknowledged: acknowledged
      .flat()
      .filter(({ message }) => message.partition === partition)
      .map(({ message }) => String(message.value)),
    written: log(partition),
  }))
}

it('writes what it acknowledges once and in order, and nothing twice, whatever is lost, late, moved or left', async () => {
  await fc.assert(
    fc.asyncProperty(historyOf(PASSING), async (history) => {
      for (const { acknowledged, written } of await play(history)) {
        const wanted = new Set(acknowledged)
        expect(written.filter((value) => wanted.has(value))).toEqual(acknowledged)
        expect(new Set(written).size).toBe(written.length)
      }
    }),
    { numRuns: 1_500 },
  )
})

it('loses nothing that it acknowledges, and keeps its order, also when Kafka refuses sizes and numbers in between', async () => {
  await fc.assert(
    fc.asyncProperty(historyOf([...PASSING, ...RENUMBERING]), async (history) => {
      for (const { acknowledged, written } of await play(history)) {
        const wanted = new Set(acknowledged)
        expect([...new Set(written.filter((value) => wanted.has(value)))]).toEqual(acknowledged)
      }
    }),
    { numRuns: 1_500 },
  )
})
