import { describe, expect, it } from 'vitest'
import { toSlices } from './fetched-records.ts'

const at = { topic: 't', partition: 0 }
const RECORDS = 1_200

/** Records as the client hands them out: views of one answer of a megabyte, or of one that is small. */
function fetch(answerBytes: number, count = RECORDS) {
  const answer = Buffer.alloc(answerBytes, 'ab')
  const view = (index: number, length: number) => answer.subarray(index, index + length)
  const messages = Array.from({ length: count }, (_, index) => ({
    offset: String(index),
    timestamp: '7',
    key: index === 1 ? null : view(index, 5),
    value: index === 2 ? null : view(index, 700),
    headers: { once: view(index, 9), twice: [view(index, 2), view(index, 3)], text: 'as it is', none: undefined },
    isControlRecord: false,
  }))
  return { answer, fetched: { partition: 0, errorCode: 0, highWatermark: '2000', abortedTransactions: [], messages } }
}

/** Memory that a record keeps, bytes. */
function pinnedBy({ key, value, headers }: { key: Buffer | null; value: Buffer | null; headers: object }): number {
  const views = [key, value, ...Object.values(headers)].filter((part) => Buffer.isBuffer(part))
  return [...new Set(views.map(({ buffer }) => buffer))].reduce((sum, { byteLength }) => sum + byteLength, 0)
}

describe('toSlices', () => {
  it('parts what was fetched into slices of 100, and goes on behind them', () => {
    const { slices, nextOffset } = toSlices(at, 0, fetch(1_000_000).fetched)
    expect(slices.map(({ read }) => read().length)).toEqual(Array.from({ length: 12 }, () => 100))
    expect([slices[11]?.high, nextOffset]).toEqual([2_000, RECORDS])
    expect(slices[11]?.bytes).toBe(100 * (200 + 5 + 700 + 4 + 9 + 5 + 3 + 4 + 8 + 4))
  })

  it('gives records bytes of their own: one that is kept for long does not keep its answer', () => {
    const { answer, fetched } = fetch(1_000_000)
    const records = toSlices(at, 0, fetched).slices.flatMap(({ read }) => read())
    expect(Math.max(...records.map(pinnedBy))).toBeLessThanOrEqual(2 * 65_600)
    for (const [index, { key, value, headers }] of records.entries()) {
      expect(key).toEqual(index === 1 ? null : answer.subarray(index, index + 5))
      expect(value?.equals(answer.subarray(index, index + 700)) ?? null).toBe(index === 2 ? null : true)
      expect(headers).toEqual({
        once: answer.subarray(index, index + 9),
        twice: answer.subarray(index, index + 3),
        text: 'as it is',
      })
    }
  })

  it('copies nothing of an answer that is small anyway', () => {
    const { answer, fetched } = fetch(10_000, 3)
    const [record] = toSlices(at, 0, fetched).slices[0]?.read() ?? []
    expect(record?.value?.buffer).toBe(answer.buffer)
  })
})
