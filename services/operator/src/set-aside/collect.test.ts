import { RecordCorruptError, RegistryUnavailableError } from '@murmuration/avro'
import { describe, expect, it } from 'vitest'
import { createCollector } from './collect.ts'
import { createEventIds } from './event-ids.ts'
import { parseSelection } from './selection.ts'
import { givenParked, NOW } from './set-aside.fixture.ts'
import type { ParkedRecord } from './set-aside-record.ts'

const select = (...given: readonly (readonly [string, string])[]) => parseSelection({ values: new Map(given) }, NOW)
const unread = (offset: number, ahead = 0) => givenParked({ offset, ahead, eventId: undefined })

async function collect(selection: ReturnType<typeof select>, records: readonly ParkedRecord[]) {
  let reads = 0
  const readEventId = async () => {
    reads += 1
    return `e${reads}`
  }
  const collector = createCollector<ParkedRecord>({ selection, readEventId, isFor: ({ ahead }) => ahead === 0 })
  await collector.add(records)
  return { ...collector.result(), reads }
}

describe('the collector', () => {
  it('keeps as many as the limit allows, counts the rest, and reads event ids of what it keeps', async () => {
    const { chosen, matched, reads } = await collect(select(['--limit', '2']), [unread(1), unread(2), unread(3)])
    expect(chosen.map(({ offset, eventId }) => [offset, eventId])).toEqual([
      [1, 'e1'],
      [2, 'e2'],
    ])
    expect([matched, reads]).toEqual([3, 2])
  })

  it('gives no place of the limit to records that the command leaves: repeating it comes to an end', async () => {
    const found = await collect(select(['--limit', '1']), [unread(1, 1), unread(2, 2), unread(3)])
    expect(found.chosen.map(({ offset }) => offset)).toEqual([3])
    expect([found.others.length, found.othersMatched]).toEqual([1, 2])
  })

  it('by event id looks at every record', async () => {
    const records = [unread(1), unread(2), unread(3)]
    const { chosen, matched, reads } = await collect(select(['--event-id', 'e2'], ['--limit', '1']), records)
    expect([chosen.map(({ offset }) => offset), matched, reads]).toEqual([[2], 1, 3])
  })
})

describe('event ids', () => {
  const failing = (error: Error, selection = select()) => {
    const said: string[] = []
    const read = createEventIds(() => Promise.reject(error), { selection, onTrouble: (why) => said.push(why) })
    return { said, read: () => read('orders.v1', null) }
  }

  it('are none where nobody can decode the value', async () => {
    const { said, read } = failing(new RecordCorruptError('cut off'))
    expect([await read(), said]).toEqual([null, []])
  })

  it('are left out, and that is said once, while the registry is away', async () => {
    const { said, read } = failing(new RegistryUnavailableError({ url: 'http://r', why: 'no answer' }))
    expect([await read(), await read(), said.length]).toEqual([null, null, 1])
  })

  it('are needed where the selection is by them', async () => {
    const error = new RegistryUnavailableError({ url: 'http://r', why: 'no answer' })
    await expect(failing(error, select(['--event-id', 'e1'])).read()).rejects.toBe(error)
  })
})
