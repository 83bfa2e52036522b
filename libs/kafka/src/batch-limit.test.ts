import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admits, type BatchLimits, type EndedRequest, isRefusedByPause, nextBatchBytes } from './batch-limit.ts'

const limits: BatchLimits = {
  maxBatchBytes: 900_000,
  minBatchBytes: 64_000,
  maxBatchItems: 4_000,
  maxQueuedBytes: 32_000_000,
  maxQueuedItems: 20_000,
}
const idle = { queuedItems: 0, heldBytes: 0, queuedBytes: 0, inFlightMs: 0, pauseMs: 0 }
const quick: EndedRequest = {
  result: 'acknowledged',
  bytes: 1_000,
  durationMs: 5,
  pauseMs: 0,
}

/** What happens at a cluster that takes `bytesPerMs` on average, when more comes in than it takes. */
function settleAt(bytesPerMs: number): { readonly batchBytes: number; readonly pauseMs: number } {
  let batchBytes = limits.maxBatchBytes
  let pauseMs = 0
  for (let request = 0; request < 50; request += 1) {
    pauseMs = batchBytes / bytesPerMs
    batchBytes = nextBatchBytes(batchBytes, { ...quick, bytes: batchBytes, pauseMs }, limits)
  }
  return { batchBytes, pauseMs }
}

describe('nextBatchBytes', () => {
  it('settles where a pause is about as long as wanted, whatever the quota is', () => {
    fc.assert(
      fc.property(fc.double({ min: 500, max: 5_000, noNaN: true }), (bytesPerMs) => {
        expect(settleAt(bytesPerMs).pauseMs).toBeGreaterThan(70)
        expect(settleAt(bytesPerMs).pauseMs).toBeLessThanOrEqual(155)
      }),
    )
  })

  it('stays between its bounds', () => {
    expect(settleAt(1).batchBytes).toBe(limits.minBatchBytes)
    expect(settleAt(1_000_000).batchBytes).toBe(limits.maxBatchBytes)
  })

  it('starts from the smallest after a failure: little must wait in vain', () => {
    expect(nextBatchBytes(900_000, { ...quick, result: 'failed' }, limits)).toBe(64_000)
  })

  it('keeps its size when a record was refused', () => {
    expect(nextBatchBytes(500_000, { ...quick, result: 'refused', durationMs: 2_000 }, limits)).toBe(500_000)
  })

  it('keeps its size on a long line, where large requests are the only way to get much through', () => {
    expect(nextBatchBytes(900_000, { ...quick, durationMs: 650 }, limits)).toBe(900_000)
  })

  it('is halved when a request took so long that the next ones would miss their deadline', () => {
    expect(nextBatchBytes(900_000, { ...quick, durationMs: 901 }, limits)).toBe(450_000)
  })

  it('is back at full size after four quick requests', () => {
    let batchBytes = limits.minBatchBytes
    for (let request = 0; request < 4; request += 1) batchBytes = nextBatchBytes(batchBytes, quick, limits)
    expect(batchBytes).toBe(limits.maxBatchBytes)
  })
})

describe('admits', () => {
  it('takes a call when nothing waits, however slow or small everything is', () => {
    for (const inFlightMs of [0, 99, 101, 10_000]) expect(admits({ ...idle, inFlightMs }, 1, limits)).toBe(true)
  })

  it('is wide while the cluster is quick', () => {
    expect(admits({ ...idle, queuedBytes: 31_000_000, inFlightMs: 20 }, 900_000, limits)).toBe(true)
  })

  it('lets one request wait while the one under way is slow, and two when requests had to be made smaller', () => {
    expect(admits({ ...idle, queuedBytes: 899_999, inFlightMs: 101 }, 900_000, limits)).toBe(true)
    expect(admits({ ...idle, queuedBytes: 900_000, inFlightMs: 101 }, 900_000, limits)).toBe(false)
    expect(admits({ ...idle, queuedBytes: 199_999, inFlightMs: 20 }, 100_000, limits)).toBe(true)
    expect(admits({ ...idle, queuedBytes: 200_000, inFlightMs: 20 }, 100_000, limits)).toBe(false)
  })

  it('never lets more wait than its bounds say', () => {
    expect(admits({ ...idle, heldBytes: limits.maxQueuedBytes }, 900_000, limits)).toBe(false)
    expect(admits({ ...idle, queuedItems: limits.maxQueuedItems }, 900_000, limits)).toBe(false)
  })

  it('lets one request wait during a short pause, and nothing during a long one', () => {
    expect(admits({ ...idle, queuedBytes: 99_999, pauseMs: 500 }, 100_000, limits)).toBe(true)
    expect(admits({ ...idle, queuedBytes: 100_000, pauseMs: 1 }, 100_000, limits)).toBe(false)
    expect(admits({ ...idle, pauseMs: 501 }, 100_000, limits)).toBe(false)
  })
})

describe('isRefusedByPause', () => {
  it.each([
    ['nobody by a short pause', 1_800, 500, false],
    ['nobody by a short pause, though it be too long for one', 400, 500, false],
    ['by a long one who has just come', 1_790, 501, true],
    ['not who has waited for a while', 1_700, 501, false],
    ['who has waited, when it would be in vain', 500, 501, true],
  ])('refuses %s', (_, leftMs, pauseMs, isRefused) => {
    expect(isRefusedByPause(leftMs, { deadlineMs: 1_800, pauseMs })).toBe(isRefused)
  })
})
