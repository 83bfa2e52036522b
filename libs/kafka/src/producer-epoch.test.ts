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

  it('has room until the 32 bits of a sequence number are nearly used up', () => {
    const epoch = createProducerEpoch({ clusterId: 'one', producerId: '7', epoch: 0 })
    epoch.wrote(at, 2_146_000_000)
    expect(epoch.hasRoom()).toBe(true)
    epoch.wrote(at, 900_000)
    expect(epoch.hasRoom()).toBe(false)
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

  it('asks for another id after the last epoch, and when the sequence numbers are used up', async () => {
    const cluster = setUp()
    const identity = createProducerIdentity()
    await identity.current(cluster)
    for (let renewals = 0; renewals < 32_767; renewals += 1) identity.renew()
    expect(await identity.current(cluster)).toMatchObject({ producerId: '1', epoch: 32_767 })
    identity.renew()
    const next = await identity.current(cluster)
    expect(next).toMatchObject({ producerId: '2', epoch: 0 })
    next.wrote(at, 2_147_000_000)
    expect(await identity.current(cluster)).toMatchObject({ producerId: '3', epoch: 0 })
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
