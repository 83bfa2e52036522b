import { headerNames } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import { keyText, parseCommand, parseParked, toParkedHeaders } from './parked-headers.ts'

const record = { topic: 't', partition: 0, offset: 7, key: Buffer.from('a'), value: null, timestampMs: 0 }
const headers = {
  [headerNames.originOffset]: '41',
  [headerNames.attempt]: '3',
  [headerNames.firstFailedAt]: '1767225600000',
  ...toParkedHeaders({ owner: 4_000_000_000, head: true, dueAtMs: 1_767_225_610_000 }),
}

describe('headers of parked records', () => {
  it('read as they were written', () => {
    expect(parseParked({ ...record, headers })).toEqual({
      origin: 41,
      owner: 4_000_000_000,
      head: true,
      dueAtMs: 1_767_225_610_000,
      firstFailedAtMs: 1_767_225_600_000,
      failures: 3,
      redrive: null,
    })
  })

  it.each(Object.keys(headers).filter((name) => name !== headerNames.head))(
    'are unreadable when %s is not a number',
    (name) => {
      for (const value of ['', 'x', '-1', '1.5', '1e3', '99999999999999999']) {
        expect(parseParked({ ...record, headers: { ...headers, [name]: Buffer.from(value) } })).toBeUndefined()
      }
    },
  )

  it('may name no first failure: the record waits behind another one', () => {
    const { [headerNames.firstFailedAt]: _, ...untried } = headers
    expect(parseParked({ ...record, headers: untried })).toMatchObject({ firstFailedAtMs: null })
  })

  it('give a redriven record a fresh start', () => {
    const redriven = { ...headers, [headerNames.redriveRun]: 'r1', [headerNames.redriveOffset]: '12' }
    expect(parseParked({ ...record, headers: redriven })).toMatchObject({
      redrive: 'r1:12',
      failures: 0,
      firstFailedAtMs: null,
      dueAtMs: 0,
    })
  })

  it('tell a command by its word, and only by one that is known', () => {
    const command = { [headerNames.command]: 'release', [headerNames.originOffset]: '41' }
    expect(parseCommand({ ...record, headers: command })).toEqual({ offset: 7, word: 'release', key: 'a', origin: 41 })
    expect(parseCommand({ ...record, headers: { ...command, [headerNames.command]: 'explode' } })).toBeUndefined()
    expect(parseCommand({ ...record, headers })).toBeUndefined()
  })

  it('keep two keys apart that are not text', () => {
    expect(keyText(Buffer.from([0xff]))).not.toBe(keyText(Buffer.from([0xfe])))
    expect(keyText(null)).toBeNull()
  })
})
