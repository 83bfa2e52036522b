import { describe, expect, it } from 'vitest'
import { createProducerEpoch, createProducerIdentity } from './producer-epoch.ts'

const at = 'a/0'

/** Sessions to a cluster that gives out ids from 1. */
function setUp(clusterId = 'one') {
  let ids = 0
  return {
    clusterId: () => clusterId,
    requestId: async () => {
      ids += 1
      return { clusterId, producerId: String(ids), epoch: 0 }
    },
  }
}

describe('createProducerEpoch', () => {
  it('counts the records of each partition', () => {
    const epoch = createProducerEpoch({ clusterId: 'one', producerId: '7', epoch: 3 })
    epoch.wrote(at, 5)
    epoch.wrote('a/1', 2)
    epoch.wrote(at, 1)
    const sequences = [at, 'a/1', 'b/0'].map(epoch.sequenceOf)
    expect(sequences).toEqual([6, 2, 0])
    expect(epoch).toMatchObject({ producerId: '7', epoch: 3 })
  })

  it('is used up when the 32 bits of a sequence number nearly are', () => {
    const epoch = createProducerEpoch({ clusterId: 'one', producerId: '7', epoch: 0 })
    epoch.wrote(at, 2_146_000_000)
    expect(epoch.isUsedUp()).toBe(false)
    epoch.wrote(at, 900_000)
    expect(epoch.isUsedUp()).toBe(true)
  })
})

describe('createProducerIdentity', () => {
  const SURE = { isInDoubt: false }

  function setUpIdentity() {
    let nowMs = 0
    const identity = createProducerIdentity({ nowMs: () => nowMs })
    const pass = (ms: number) => {
      nowMs += ms
    }
    return { identity, pass }
  }

  it('keeps its epoch over the same connections', async () => {
    const cluster = setUp()
    const { identity } = setUpIdentity()
    const epoch = await identity.current(cluster, SURE)
    expect(await identity.current(cluster, SURE)).toBe(epoch)
    expect(epoch).toMatchObject({ producerId: '1', epoch: 0 })
  })

  it('asks for another id over new connections: a cluster that was wiped gives the old one to somebody else', async () => {
    const cluster = setUp()
    const { identity } = setUpIdentity()
    await identity.current(cluster, SURE)
    expect(await identity.current({ ...cluster }, SURE)).toMatchObject({ producerId: '2', epoch: 0 })
  })

  it('keeps it where a batch may have been written under it, over whatever connections', async () => {
    const cluster = setUp()
    const { identity } = setUpIdentity()
    const epoch = await identity.current(cluster, SURE)
    const other = { ...cluster }
    expect(await identity.current(other, { isInDoubt: true })).toBe(epoch)
    expect(await identity.current(other, SURE)).toBe(epoch)
  })

  it('renews by the next epoch, in which nothing has been written, without asking; so also over new connections, for a while', async () => {
    const cluster = setUp()
    const { identity, pass } = setUpIdentity()
    identity.renew()
    const first = await identity.current(cluster, SURE)
    first.wrote(at, 9)
    identity.renew()
    pass(1_999)
    const other = { ...cluster }
    const second = await identity.current(other, SURE)
    expect(second).toMatchObject({ producerId: '1', epoch: 1 })
    expect(second.sequenceOf(at)).toBe(0)
    pass(60_000)
    expect(await identity.current(other, SURE)).toBe(second)
    identity.renew()
    pass(2_000)
    expect(await identity.current({ ...cluster }, SURE)).toMatchObject({ producerId: '2', epoch: 0 })
  })

  it('asks for another id after the last epoch', async () => {
    const cluster = setUp()
    const { identity } = setUpIdentity()
    await identity.current(cluster, SURE)
    for (let renewals = 0; renewals < 32_767; renewals += 1) identity.renew()
    expect(await identity.current(cluster, SURE)).toMatchObject({ producerId: '1', epoch: 32_767 })
    identity.renew()
    expect(await identity.current(cluster, SURE)).toMatchObject({ producerId: '2', epoch: 0 })
  })

  it('goes on to the next epoch when the numbers are used up, and only when it is asked to', async () => {
    const cluster = setUp()
    const { identity } = setUpIdentity()
    identity.renewIfUsedUp()
    const epoch = await identity.current(cluster, SURE)
    identity.renewIfUsedUp()
    epoch.wrote(at, 2_147_000_000)
    expect(await identity.current(cluster, SURE)).toBe(epoch)
    identity.renewIfUsedUp()
    expect(await identity.current(cluster, SURE)).toMatchObject({ producerId: '1', epoch: 1 })
  })

  it('asks for another id once it is told to forget this one', async () => {
    const cluster = setUp()
    const { identity } = setUpIdentity()
    await identity.current(cluster, SURE)
    identity.forget()
    expect(await identity.current(cluster, SURE)).toMatchObject({ producerId: '2', epoch: 0 })
  })

  it('asks for another id in another cluster, whatever is in doubt: there, its own may be somebody else', async () => {
    const { identity } = setUpIdentity()
    await identity.current(setUp('one'), SURE)
    const other = setUp('two')
    expect(await identity.current(other, { isInDoubt: true })).toMatchObject({ clusterId: 'two', producerId: '1' })
    identity.renew()
    expect(await identity.current(other, SURE)).toMatchObject({ clusterId: 'two', epoch: 1 })
  })
})
