import { expect, it } from 'vitest'
import { createFakeClock } from './fake-clock.ts'

it('stands still until it is moved', () => {
  const clock = createFakeClock(1_000)
  expect(clock.now()).toBe(1_000)
  clock.advance(5)
  expect(clock.now()).toBe(1_005)
})

it('wakes the sleepers that are due, earliest first', async () => {
  const clock = createFakeClock(0)
  const woken: number[] = []
  const sleeps = [30, 10, 20].map((ms) => clock.sleep(ms).then(() => woken.push(ms)))
  clock.advance(25)
  expect(clock.sleepers()).toBe(1)
  clock.advance(5)
  await Promise.all(sleeps)
  expect(woken).toEqual([10, 20, 30])
})

it("ends a sleep with the signal's reason", async () => {
  const clock = createFakeClock(0)
  const controller = new AbortController()
  const slept = clock.sleep(10, controller.signal)
  controller.abort('stopping')
  await expect(slept).rejects.toBe('stopping')
  expect(clock.sleepers()).toBe(0)
})
