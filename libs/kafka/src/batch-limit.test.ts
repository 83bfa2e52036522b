import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admits, type BatchLimits, nextBatchBytes } from './batch-limit.ts'

const limits: BatchLimits = {
  maxBatchBytes: 900_000,
  minBatchBytes: 64_000,
  maxBatchItems: 4_000,
  maxQueuedBytes: 32_000_000,
  maxQueuedItems: 20_000,
}
const idle = { queuedItems: 0, queuedBytes: 0, inFlightMs: 0 }

/** What happens at a cluster that takes `bytesPerMs`, when more comes in than it takes. */
function settleAt(bytesPerMs: number): { readonly batchBytes: number; readonly durationMs: number } {
  let batchBytes = limits.maxBatchBytes
  for (let request = 0; request < 50; request += 1) {
    batchBytes = nextBatchBytes(batchBytes, { durationMs: batchBytes / bytesPerMs, result: 'acknowledged' }, limits)
  }
  return { batchBytes, durationMs: batchBytes / bytesPerMs }
}

describe('nextBatchBytes', () => {
  it('settles where a request takes at most a quarter of a second, whatever the cluster takes', () => {
    fc.assert(
      fc.property(fc.double({ min: 300, max: 100_000, noNaN: true }), (bytesPerMs) => {
        const { durationMs } = settleAt(bytesPerMs)
        expect(durationMs).toBeLessThanOrEqual(250)
      }),
    )
  })

  it('stays between its bounds', () => {
    expect(settleAt(1).batchBytes).toBe(limits.minBatchBytes)
    expect(settleAt(1_000_000).batchBytes).toBe(limits.maxBatchBytes)
  })

  it('starts from the smallest after a failure: little must wait in vain', () => {
    expect(nextBatchBytes(900_000, { durationMs: 1, result: 'failed' }, limits)).toBe(64_000)
  })

  it('is back at full size after four quick requests', () => {
    let batchBytes = limits.minBatchBytes
    for (let request = 0; request < 4; request += 1) {
      batchBytes = nextBatchBytes(batchBytes, { durationMs: 5, result: 'acknowledged' }, limits)
    }
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
    expect(admits({ ...idle, queuedBytes: limits.maxQueuedBytes }, 900_000, limits)).toBe(false)
    expect(admits({ ...idle, queuedItems: limits.maxQueuedItems }, 900_000, limits)).toBe(false)
  })
})
