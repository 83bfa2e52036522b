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
  it('keeps its epoch from one session to the next', async () => {
    const cluster = setUp()
    const identity = createProducerIdentity()
    const epoch = await identity.current(cluster)
    expect(await identity.current({ ...cluster })).toBe(epoch)
    expect(epoch).toMatchObject({ producerId: '1', epoch: 0 })
  })

  it('renews by the next epoch, in which nothing has been written, without asking', async () => {
    const cluster = setUp()
    const identity = createProducerIdentity()
    identity.renew()
    const first = await identity.current(cluster)
    first.wrote(at, 9)
    identity.renew()
    const second = await identity.current(cluster)
    expect(second).toMatchObject({ producerId: '1', epoch: 1 })
    expect(second.sequenceOf(at)).toBe(0)
  })

  it('asks for another id after the last epoch', async () => {
    const cluster = setUp()
    const identity = createProducerIdentity()
    await identity.current(cluster)
    for (let renewals = 0; renewals < 32_767; renewals += 1) identity.renew()
    expect(await identity.current(cluster)).toMatchObject({ producerId: '1', epoch: 32_767 })
    identity.renew()
    expect(await identity.current(cluster)).toMatchObject({ producerId: '2', epoch: 0 })
  })

  it('goes on to the next epoch when the numbers are used up, and only when it is asked to', async () => {
    const cluster = setUp()
    const identity = createProducerIdentity()
    identity.renewIfUsedUp()
    const epoch = await identity.current(cluster)
    identity.renewIfUsedUp()
    epoch.wrote(at, 2_147_000_000)
    expect(await identity.current(cluster)).toBe(epoch)
    identity.renewIfUsedUp()
    expect(await identity.current(cluster)).toMatchObject({ producerId: '1', epoch: 1 })
  })

  it('asks for another id in another cluster: there, its own may be somebody else', async () => {
    const identity = createProducerIdentity()
    await identity.current(setUp('one'))
    const other = await identity.current(setUp('two'))
    expect(other).toMatchObject({ clusterId: 'two', producerId: '1' })
    identity.renew()
    expect(await identity.current(setUp('two'))).toMatchObject({ clusterId: 'two', epoch: 1 })
  })
})
