import { describe, expect, it } from 'vitest'
import { systemClock } from './clock.ts'

describe('systemClock', () => {
  it('ends a delay early and without an error when its signal is aborted, before or during it', async () => {
    const abort = new AbortController()
    const delay = systemClock.delay(3_600_000, abort.signal)
    abort.abort()
    expect(await delay).toBeUndefined()
    expect(await systemClock.delay(3_600_000, abort.signal)).toBeUndefined()
  })

  it('takes a due time that has passed as no delay', async () => {
    expect(await systemClock.delay(-5, new AbortController().signal)).toBeUndefined()
  })

  it('gives epoch milliseconds and a number from 0 to 1', () => {
    expect(systemClock.now()).toBeGreaterThan(1_700_000_000_000)
    expect(systemClock.random()).toBeGreaterThanOrEqual(0)
    expect(systemClock.random()).toBeLessThan(1)
  })
})
