import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createBrokerOutages } from './broker-outages.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function setUp() {
  const away = new Set<string>()
  const probes: string[] = []
  const changes: string[] = []
  const outages = createBrokerOutages({
    probe: async (address) => {
      probes.push(address)
      if (away.has(address)) throw new Error('no answer')
    },
    nowMs: () => performance.now(),
    onChange: (address, { isOut, out }) => changes.push(`${address} ${isOut ? 'out' : 'back'}, ${out} in all`),
  })
  return { away, probes, changes, outages }
}

it('takes a broker for out from when it did not answer until it does', async () => {
  const { away, probes, outages } = setUp()
  expect(outages.isOut('a:1')).toBe(false)
  away.add('a:1')
  outages.note('a:1')
  outages.note('a:1')
  expect([outages.isOut('a:1'), outages.isOut('b:1')]).toEqual([true, false])
  await vi.advanceTimersByTimeAsync(1_000)
  expect([outages.isOut('a:1'), probes.length]).toEqual([true, 10])
  away.clear()
  await vi.advanceTimersByTimeAsync(100)
  expect(outages.isOut('a:1')).toBe(false)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(probes).toHaveLength(11)
})

it('forgets a broker that nobody asks for: another one has taken its place', async () => {
  const { away, probes, outages } = setUp()
  away.add('a:1')
  outages.note('a:1')
  await vi.advanceTimersByTimeAsync(20_000)
  expect(outages.isOut('a:1')).toBe(true)
  await vi.advanceTimersByTimeAsync(29_000)
  expect(probes.length).toBeGreaterThan(480)
  await vi.advanceTimersByTimeAsync(2_000)
  const { length } = probes
  await vi.advanceTimersByTimeAsync(10_000)
  expect([outages.isOut('a:1'), probes.length]).toEqual([false, length])
})

it('looks later each time for one that answers probes and no request, and at once again after a request', async () => {
  const { probes, outages } = setUp()
  for (const expectedMs of [100, 200, 400, 800, 1_600, 2_000, 2_000]) {
    outages.note('a:1')
    await vi.advanceTimersByTimeAsync(expectedMs - 1)
    expect(outages.isOut('a:1')).toBe(true)
    await vi.advanceTimersByTimeAsync(1)
    expect(outages.isOut('a:1')).toBe(false)
  }
  outages.noteBack('a:1')
  outages.note('a:1')
  await vi.advanceTimersByTimeAsync(100)
  expect([outages.isOut('a:1'), probes.length]).toEqual([false, 8])
})

it('takes a broker that has answered a request for back', async () => {
  const { away, outages } = setUp()
  away.add('a:1')
  outages.note('a:1')
  outages.noteBack('a:1')
  expect(outages.isOut('a:1')).toBe(false)
})

it('tells once when a broker goes out, and once when it is back', async () => {
  const { away, changes, outages } = setUp()
  away.add('a:1')
  away.add('b:1')
  outages.note('a:1')
  outages.note('b:1')
  outages.note('a:1')
  outages.noteBack('b:1')
  outages.noteBack('b:1')
  away.clear()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(changes).toEqual(['a:1 out, 1 in all', 'b:1 out, 2 in all', 'b:1 back, 1 in all', 'a:1 back, 0 in all'])
})

it('looks for nobody once it is closed', async () => {
  const { away, probes, outages } = setUp()
  away.add('a:1')
  outages.note('a:1')
  outages.close()
  outages.note('b:1')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(probes).toEqual([])
})
