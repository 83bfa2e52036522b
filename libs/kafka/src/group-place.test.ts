import { type Logger, silentLogger } from '@murmuration/observability'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DescribedGroup, DescribedMember } from './group-coordinator.ts'
import { createGroupPlace, findPredecessor } from './group-place.ts'
import type { MachineLock } from './machine-lock.ts'

const SESSION_MS = 10_000
const REBALANCE_MS = 16_000
const PATIENCE_MS = SESSION_MS * 1.25
const here = { clientId: 'm0', machine: 'here' }
const member = (fields: Partial<DescribedMember>): DescribedMember => ({
  memberId: 'm0-1',
  clientId: 'm0',
  host: '10.0.0.7',
  machine: 'here',
  ...fields,
})
const stable = (...members: readonly DescribedMember[]): DescribedGroup => ({ isStable: true, members })
const rebalancing = (...members: readonly DescribedMember[]): DescribedGroup => ({ isStable: false, members })
const elsewhere = member({ machine: 'there' })
const unknown = member({ machine: undefined })

describe('findPredecessor', () => {
  it.each([
    ['nobody', [], here],
    ['another place', [member({ clientId: 'm1', machine: 'there' })], here],
    ['a process of this machine, where only one can have the lock', [member({})], here],
  ])('finds nobody at work: %s', (_, members, own) => {
    expect(findPredecessor(stable(...members), own)).toBeUndefined()
  })

  it.each([
    ['of another machine', [member({ machine: 'there' })], here],
    ['whose machine is not told', [member({ machine: undefined })], here],
    ['where locks tell nothing', [member({ machine: undefined })], { clientId: 'm0', machine: undefined }],
  ])('fears that a process is at work %s', (_, members, own) => {
    expect(findPredecessor(stable(...members), own)).toEqual({ name: 'the member at 10.0.0.7', evidence: 'm0-1' })
  })

  it('does not take it for alive because the group still has it, while that rebalances', () => {
    expect(findPredecessor(rebalancing(unknown), here)?.evidence).toBeUndefined()
  })
})

/** A place, and a clock that moves on by as long as is waited. */
function given(options: { readonly freeFromTry?: number; readonly lock?: MachineLock; readonly logger?: Logger } = {}) {
  const stopping = new AbortController()
  const { freeFromTry = 1 } = options
  let tries = 0
  let released = 0
  const release = () => {
    released += 1
  }
  const startedAtMs = performance.now()
  const place = createGroupPlace({
    clientId: 'm0',
    lockName: async () => 'name',
    acquireLock: async () => {
      tries += 1
      const lock = options.lock ?? { machine: 'here', release }
      return tries < freeFromTry ? undefined : lock
    },
    sessionTimeoutMs: SESSION_MS,
    rebalanceTimeoutMs: REBALANCE_MS,
    nowMs: () => performance.now(),
    signal: stopping.signal,
    logger: options.logger ?? silentLogger,
  })
  const passedMs = () => performance.now() - startedAtMs
  return { place, stopping, tries: () => tries, released: () => released, passedMs }
}

/** What a claim comes to. */
async function play(claim: Promise<void>): Promise<'free' | string> {
  const end = claim.then(
    () => 'free',
    (error: { readonly code: string; readonly message: string }) => `${error.code}: ${error.message}`,
  )
  await vi.runAllTimersAsync()
  return end
}

describe('createGroupPlace', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('waits for a lock that another process of this machine has, and asks the group only then', async () => {
    const { place, tries } = given({ freeFromTry: 3 })
    let asked = 0
    const end = await play(
      place.claim(async () => {
        asked += 1
        return stable()
      }),
    )
    expect([end, tries(), asked, place.machine(), place.problem()]).toEqual(['free', 3, 1, 'here', undefined])
  })

  it('gives up when the lock stays taken, longer than a session', async () => {
    const { place, passedMs } = given({ freeFromTry: 1_000 })
    expect(await play(place.claim(async () => stable()))).toMatch(
      /^MUR_GROUP_PLACE_TAKEN: another process of this machine works as m0/,
    )
    expect(passedMs()).toBeLessThan(PATIENCE_MS + 1_000)
  })

  it('gives up after a session and a quarter when the same member is there all the time, and nobody rebalances', async () => {
    const { place, passedMs } = given()
    expect(await play(place.claim(async () => stable(elsewhere)))).toContain('MUR_GROUP_PLACE_TAKEN')
    expect(passedMs()).toBeGreaterThanOrEqual(PATIENCE_MS)
    expect(passedMs()).toBeLessThan(PATIENCE_MS + 1_000)
  })

  it('waits for a session from the end of a rebalance on: the group gives nobody up who died in it before', async () => {
    const { place, passedMs } = given()
    const endMs = REBALANCE_MS - 1_000
    const look = () => {
      if (passedMs() < endMs) return rebalancing(unknown)
      return passedMs() < endMs + SESSION_MS ? stable(elsewhere) : stable()
    }
    expect(await play(place.claim(async () => look()))).toBe('free')
    expect(passedMs()).toBeGreaterThanOrEqual(endMs + SESSION_MS)
  })

  it('gives up after a rebalance and a session, however the group goes on, and says so before', async () => {
    const { place, passedMs } = given()
    const end = play(place.claim(async () => rebalancing(unknown)))
    await vi.advanceTimersByTimeAsync(0)
    expect(place.problem()).toBe('waits for the member at 10.0.0.7 to give up its place as m0, for 29 s at most')
    expect(await end).toContain('MUR_GROUP_PLACE_TAKEN')
    expect(passedMs()).toBeGreaterThanOrEqual(REBALANCE_MS + PATIENCE_MS)
    expect(passedMs()).toBeLessThan(REBALANCE_MS + PATIENCE_MS + 1_000)
  })

  it('begins to watch anew when another member is there', async () => {
    const { place, passedMs } = given()
    const look = () =>
      stable(passedMs() < PATIENCE_MS - 500 ? elsewhere : member({ machine: 'there', memberId: 'm0-2' }))
    expect(await play(place.claim(async () => look()))).toContain('MUR_GROUP_PLACE_TAKEN')
    expect(passedMs()).toBeGreaterThanOrEqual(2 * PATIENCE_MS - 500)
  })

  it('waits no longer when it is told to stop', async () => {
    const { place, stopping } = given({ freeFromTry: 1_000 })
    stopping.abort()
    await place.claim(async () => stable())
    expect(place.machine()).toBeUndefined()
  })

  it('takes the lock once, and again after it was released', async () => {
    const { place, tries, released } = given()
    await place.claim(async () => stable())
    await place.claim(async () => stable())
    expect(tries()).toBe(1)
    place.release()
    await place.claim(async () => stable())
    expect([tries(), released()]).toEqual([2, 1])
  })

  it('says once, and why, when there is no lock to be had', async () => {
    const said: unknown[] = []
    const logger = { ...silentLogger, warn: (_: string, fields: unknown) => void said.push(fields) }
    const { place } = given({ lock: { machine: undefined, reason: 'EPERM', release: () => undefined }, logger })
    await place.claim(async () => stable())
    await place.claim(async () => stable())
    expect(said).toEqual([{ reason: 'EPERM' }])
  })
})
