import { headerNames, type PartitionBounds } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import { listParked, type ParkedEntry } from './list-parked.ts'
import type { Order } from './partition/partition-state.ts'
import { ChosenError } from './testing/errors.ts'
import { createHarness, journalHandler, main, PLAN, retry } from './testing/harness.ts'

const at = (topic: string) => ({ topic, partition: 0 })

/** A consumer of which keys a and b fail until they are mended, and what stands in its retry topic. */
function givenFailing(order: Order = 'key') {
  const failing = new Set(['a1', 'b1'])
  const harness = createHarness({
    handleEvent: journalHandler([], (id) => (failing.has(id) ? new ChosenError('MUR_OUTBOUND_FAILED') : undefined)),
    consumer: { order, plan: { ...PLAN, minDelayMs: 600_000, whenSpent: 'park' } },
  })
  const { cluster } = harness
  const bounds = (topic: string): PartitionBounds => ({
    ...at(topic),
    committed: cluster.committed(at(topic)),
    low: 0,
    high: cluster.records(at(topic)).length,
  })
  return {
    ...harness,
    failing,
    list: () => listParked({ main: bounds(main), retry: bounds(retry) }, cluster.records(at(retry)), { order }),
    command: (word: string, origin: number, key: string) =>
      cluster.append(at(retry), {
        key: Buffer.from(key),
        value: null,
        headers: { [headerNames.command]: word, [headerNames.originOffset]: String(origin) },
      }),
  }
}
const facts = ({ record, origin, ahead, reason, tries, ordered }: ParkedEntry) => [
  String(record.value),
  origin,
  ahead,
  reason,
  tries,
  ordered,
]

describe('listParked', () => {
  it('finds what waits, in the order of the topic, and how many of its key go before it', async () => {
    const { give, join, pass, list } = givenFailing()
    give('a', 1, 2)
    give('b', 1)
    give('c', 1)
    await join('m-0')
    await pass(1_000)
    expect(list().map(facts)).toEqual([
      ['a1', 0, 0, 'MUR_OUTBOUND_FAILED', 1, undefined],
      ['a2', 1, 1, 'behind-parked', 0, undefined],
      ['b1', 2, 0, 'MUR_OUTBOUND_FAILED', 1, undefined],
    ])
    expect(list()[0]?.dueAtMs).toBeGreaterThan(0)
  })

  it('leaves out what is settled, committed below or above what still waits', async () => {
    const { failing, give, join, pass, list, command } = givenFailing()
    give('a', 1, 2)
    give('b', 1)
    await join('m-0')
    await pass(1_000)
    failing.delete('b1')
    command('retry-now', 2, 'b')
    await pass(1_000)
    expect(list().map(({ origin }) => origin)).toEqual([0, 1])
    failing.delete('a1')
    command('retry-now', 0, 'a')
    await pass(1_000)
    expect(list()).toEqual([])
  })

  it('shows what was ordered while nobody is there to carry it out', async () => {
    const { give, join, pass, list, command } = givenFailing()
    give('a', 1, 2)
    const { running } = await join('m-0')
    await pass(1_000)
    await running.close()
    command('release', 0, 'a')
    command('discard', 1, 'a')
    expect(list().map(({ ordered }) => ordered)).toEqual(['release', 'discard'])
  })

  it('leaves out the copies of a repeated request, and the late append of a former owner', async () => {
    const { cluster, give, join, pass, list } = givenFailing()
    give('a', 1, 2)
    await join('m-0')
    await pass(1_000)
    const [first, second] = cluster.records(at(retry))
    for (const record of [first, second]) if (record !== undefined) cluster.append(at(retry), record)
    const late = { key: Buffer.from('z'), value: Buffer.from('z1') }
    const headers = { ...first?.headers, [headerNames.owner]: '1', [headerNames.originOffset]: '9' }
    cluster.append(at(retry), { ...late, headers })
    expect(list().map(({ record }) => String(record.value))).toEqual(['a1', 'a2'])
  })

  it('of a consumer that keeps no order holds no record behind another one', async () => {
    const { give, join, pass, list } = givenFailing('none')
    give('a', 1, 2, 1)
    await join('m-0')
    await pass(1_000)
    expect(list().map(({ record, ahead }) => [String(record.value), ahead])).toEqual([
      ['a1', 0],
      ['a1', 0],
    ])
  })

  it('refuses the commit of a newer release', async () => {
    const { cluster } = givenFailing()
    const bounds = { ...at(retry), committed: { offset: 0, metadata: 'AgA=' }, low: 0, high: 0 }
    const none = { ...at(main), committed: undefined, low: 0, high: 0 }
    expect(() => listParked({ main: none, retry: bounds }, cluster.records(at(retry)), { order: 'key' })).toThrow(
      'of another version',
    )
  })
})
