import { describe, expect, it } from 'vitest'
import type { DescribedMember } from './group-coordinator.ts'
import { createGroupPlace, findPredecessor } from './group-place.ts'
import type { MachineLock } from './machine-lock.ts'

const SESSION_MS = 10_000
const here = { clientId: 'm0', machine: 'here' }
const member = (fields: Partial<DescribedMember>): DescribedMember => ({
  clientId: 'm0',
  host: '10.0.0.7',
  machine: 'here',
  ...fields,
})

describe('findPredecessor', () => {
  it.each([
    ['nobody', [], here],
    ['another place', [member({ clientId: 'm1', machine: 'there' })], here],
    ['a process of this machine, where only one can have the lock', [member({})], here],
  ])('finds nobody at work: %s', (_, members, own) => {
    expect(findPredecessor(members, own)).toBeUndefined()
  })

  it.each([
    ['of another machine', [member({ machine: 'there' })], here],
    ['whose machine is not told', [member({ machine: undefined })], here],
    ['where locks tell nothing', [member({ machine: undefined })], { clientId: 'm0', machine: undefined }],
  ])('fears that a process is at work %s', (_, members, own) => {
    expect(findPredecessor(members, own)).toBe('the member at 10.0.0.7')
  })
})

/** A place whose lock is free from the n-th try on, and a clock that each look moves on. */
function given(options: { readonly freeFromTry: number }) {
  const stopping = new AbortController()
  let tries = 0
  let nowMs = 0
  let released = 0
  const lock: MachineLock = {
    machine: 'here',
    release() {
      released += 1
    },
  }
  const place = createGroupPlace({
    clientId: 'm0',
    lockName: async () => 'name',
    acquire: async () => {
      tries += 1
      return tries < options.freeFromTry ? undefined : lock
    },
    sessionTimeoutMs: SESSION_MS,
    nowMs() {
      nowMs += SESSION_MS / 8
      return nowMs
    },
    signal: stopping.signal,
  })
  return { place, stopping, tries: () => tries, released: () => released }
}

describe('createGroupPlace', () => {
  it('waits for a lock that another process of this machine has, and asks the group only then', async () => {
    const { place, tries } = given({ freeFromTry: 3 })
    let asked = 0
    await place.claim(async () => {
      asked += 1
      return []
    })
    expect([tries(), asked, place.machine(), place.problem()]).toEqual([3, 1, 'here', undefined])
  })

  it('gives up when the lock stays taken, longer than a session', async () => {
    const { place } = given({ freeFromTry: 1_000 })
    await expect(place.claim(async () => [])).rejects.toMatchObject({
      code: 'MUR_GROUP_PLACE_TAKEN',
      message: expect.stringContaining('another process of this machine works as m0'),
    })
  })

  it('waits no longer when it is told to stop', async () => {
    const { place, stopping } = given({ freeFromTry: 1_000 })
    stopping.abort()
    await place.claim(async () => [])
    expect(place.machine()).toBeUndefined()
  })

  it('takes the lock once, and again after it was released', async () => {
    const { place, tries, released } = given({ freeFromTry: 1 })
    await place.claim(async () => [])
    await place.claim(async () => [])
    expect(tries()).toBe(1)
    place.release()
    await place.claim(async () => [])
    expect([tries(), released()]).toEqual([2, 1])
  })
})
