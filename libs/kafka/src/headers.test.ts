import { describe, expect, it } from 'vitest'
import { headerNames, toMovedHeaders } from './headers.ts'

const REASON = {
  group: 'crm-sync.postgres',
  handler: 'crm-sync/0.1.0',
  errorCode: 'MUR_DATABASE_REFUSED',
  attempt: 3,
  firstFailedAtMs: 1_765_617_955_000,
}
const RECORD = { topic: 'bird.messages.v1', partition: 7, offset: 9_007_199_254_740_991, headers: {} }

describe('toMovedHeaders', () => {
  it('says where the record comes from, who moved it and why', () => {
    expect(toMovedHeaders(RECORD, REASON)).toEqual({
      'mur-origin-topic': 'bird.messages.v1',
      'mur-origin-partition': '7',
      'mur-origin-offset': '9007199254740991',
      'mur-group': 'crm-sync.postgres',
      'mur-handler': 'crm-sync/0.1.0',
      'mur-error-code': 'MUR_DATABASE_REFUSED',
      'mur-attempt': '3',
      'mur-first-failed-at': '1765617955000',
    })
  })

  it('keeps the headers that the record came with, bytes as bytes', () => {
    const headers = { traceparent: '00-a-b-01', custom: Buffer.from([0xff, 0]) }
    expect(toMovedHeaders({ ...RECORD, headers }, REASON)).toMatchObject(headers)
  })

  it('keeps the first origin of a record that moves again, and tells the newest reason', () => {
    const once = toMovedHeaders(RECORD, REASON)
    const retry = { topic: 'bird.messages.v1.crm-sync.postgres.retry', partition: 7, offset: 2, headers: once }
    const twice = toMovedHeaders(retry, { ...REASON, errorCode: 'MUR_OUTBOUND_REFUSED', attempt: 9 })
    expect(twice).toMatchObject({
      'mur-origin-topic': 'bird.messages.v1',
      'mur-origin-offset': '9007199254740991',
      'mur-error-code': 'MUR_OUTBOUND_REFUSED',
      'mur-attempt': '9',
    })
  })

  it('changes nothing of the record itself', () => {
    const headers = Object.freeze({ a: '1' })
    toMovedHeaders({ ...RECORD, headers }, REASON)
    expect(headers).toEqual({ a: '1' })
  })
})

describe('the table of header names', () => {
  it('gives every header of ours one prefix, and no name twice', () => {
    const { traceparent, ...ours } = headerNames
    expect(traceparent).toBe('traceparent')
    for (const name of Object.values(ours)) expect(name).toMatch(/^mur-[a-z-]+$/)
    expect(new Set(Object.values(headerNames)).size).toBe(Object.keys(headerNames).length)
  })
})
