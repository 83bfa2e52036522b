import { describe, expect, it } from 'vitest'
import { checkReadiness } from './health.ts'

describe('checkReadiness', () => {
  it('is ready when every part is, and when there is none', async () => {
    expect(await checkReadiness({ kafka: () => undefined, database: async () => undefined })).toEqual({
      status: 'ready',
      checks: { kafka: 'ok', database: 'ok' },
    })
    expect(await checkReadiness({})).toEqual({ status: 'ready', checks: {} })
  })

  it('is not ready when one part is not, and tells the state of all', async () => {
    expect(await checkReadiness({ kafka: async () => 'no answer', database: () => undefined })).toEqual({
      status: 'not-ready',
      checks: { kafka: 'no answer', database: 'ok' },
    })
  })

  it('counts a check that throws as not ready, whether at once or later', async () => {
    const { status, checks } = await checkReadiness({
      now: () => {
        throw new Error('is broken')
      },
      later: () => Promise.reject(new Error('is gone')),
      odd: () => Promise.reject('text'),
    })
    expect({ status, checks }).toEqual({
      status: 'not-ready',
      checks: { now: 'is broken', later: 'is gone', odd: 'failed' },
    })
  })
})
