import { headerNames } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import { toCommandRecord, toRedriveRecord } from './operator-records.ts'
import { parseCommand, parseParked } from './parked-headers.ts'

const record = {
  topic: 'p.orders.v1.g.dlq',
  partition: 3,
  offset: 12,
  key: Buffer.from('a'),
  value: Buffer.from('v'),
  headers: { own: 'kept', [headerNames.originOffset]: '41', [headerNames.attempt]: '7' },
  timestampMs: 0,
}
const asRead = (moved: { readonly headers: typeof record.headers | object }) =>
  ({ ...record, ...moved }) as typeof record

describe('records that operators write', () => {
  it.each(['retry-now', 'release', 'discard'] as const)('%s is read as it was written', (word) => {
    const command = toCommandRecord({ record, origin: 41 }, { word, operationId: 'op' })
    expect([command.topic, command.partition, command.key, command.value]).toEqual([record.topic, 3, record.key, null])
    expect(parseCommand(asRead(command))).toMatchObject({ word, origin: 41, key: 'a' })
  })

  it('a dead letter goes back as it is, with the name by which a second copy is known', () => {
    const redriven = toRedriveRecord(record, { retryTopic: 'p.orders.v1.g.retry', operationId: 'op' })
    expect(redriven).toMatchObject({ topic: 'p.orders.v1.g.retry', partition: 3, key: record.key, value: record.value })
    expect(redriven?.headers).toMatchObject(record.headers)
    expect(parseParked(asRead({ headers: redriven?.headers ?? {} }))).toMatchObject({ origin: 41, redrive: 'op:12' })
  })

  it('a dead letter that the consumer could not read does not go back', () => {
    const { [headerNames.originOffset]: _, ...headers } = record.headers
    expect(toRedriveRecord({ ...record, headers }, { retryTopic: 'r', operationId: 'op' })).toBeUndefined()
  })
})
