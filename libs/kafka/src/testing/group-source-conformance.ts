import { afterEach, describe, expect, it } from 'vitest'
import type { TopicPartition } from '../group-source.ts'
import { toKey } from '../partition-key.ts'
import { type ConformanceCluster, createMembers, valuesOf } from './conformance-members.ts'
import { type WatchedSource, watchSource } from './watch-source.ts'

/** What every `PartitionSource` does. `open` makes a cluster whose topics have these partition counts. */
export function describeGroupSource(
  name: string,
  open: (partitionCounts: readonly number[]) => Promise<ConformanceCluster>,
): void {
  const { join, start, leave, untilShared, closeAll } = createMembers()
  afterEach(closeAll)

  describe(`${name}, a partition source`, () => {
    it('gives one member everything, from the beginning and in order', async () => {
      const cluster = await open([2, 2])
      const [main = '', retry = ''] = cluster.topics
      await cluster.append({ topic: main, partition: 1 }, ['a', 'b', 'c'])
      await cluster.append({ topic: retry, partition: 1 }, ['r'])
      const source = await join(cluster, 'm0')
      await source.until(() => source.records.length === 4)
      expect(source.assignment()?.partitions).toHaveLength(4)
      expect(valuesOf(source, { topic: main, partition: 1 })).toEqual(['a', 'b', 'c'])
      expect(source.batches.every(({ epoch, high }) => epoch === source.assignment()?.epoch && high > 0)).toBe(true)
    })

    it('delivers nothing of a partition that is not resumed', async () => {
      const cluster = await open([2])
      const [topic = ''] = cluster.topics
      const [still, going] = [0, 1].map((partition) => ({ topic, partition })) as [TopicPartition, TopicPartition]
      await cluster.append(still, ['no'])
      await cluster.append(going, ['yes'])
      const source = await join(cluster, 'm0', { resume: () => [going] })
      await source.until(() => source.records.length > 0)
      await cluster.append(going, ['again'])
      await source.until(() => source.records.length > 1)
      expect(valuesOf(source)).toEqual(['yes', 'again'])
      source.resume([still])
      await source.until(() => source.records.length > 2)
      expect(valuesOf(source, still)).toEqual(['no'])
    })

    it('goes on after a pause without a gap and without a repetition', async () => {
      const cluster = await open([1])
      const at = { topic: cluster.topics[0] ?? '', partition: 0 }
      const wanted = Array.from({ length: 2_500 }, (_, index) => String(index))
      await cluster.append(at, wanted)
      const source = await join(cluster, 'm0')
      for (let seen = 0; seen < wanted.length; seen = source.records.length) {
        source.pause([at])
        source.resume([at])
        await source.until(() => source.records.length > seen)
      }
      expect(valuesOf(source)).toEqual(wanted)
    })

    it.each([2, 3, 4])('shares equal numbers out among %i members, evenly', async (count) => {
      const cluster = await open([5, 5, 3])
      const members: WatchedSource[] = []
      for (let index = 0; index < count; index += 1) members.push(await join(cluster, `m${index}`))
      await untilShared(members, 13)
      const ownerOf = (topic: string, partition: number) =>
        members.findIndex((member) =>
          member.assignment()?.partitions.some((at) => toKey(at) === toKey({ topic, partition })),
        )
      const [first = '', second = '', third = ''] = cluster.topics
      for (let partition = 0; partition < 5; partition += 1) {
        expect(ownerOf(second, partition)).toBe(ownerOf(first, partition))
        if (partition < 3) expect(ownerOf(third, partition)).toBe(ownerOf(first, partition))
      }
      const sizes = members.map(
        (member) => member.assignment()?.partitions.filter(({ topic }) => topic === first).length ?? 0,
      )
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    })

    it('gives a member that comes back what it had', async () => {
      const cluster = await open([6, 6])
      const stays = await join(cluster, 'm0')
      const leaves = await join(cluster, 'm1')
      await untilShared([stays, leaves], 12)
      const before = leaves.assignment()?.partitions.map(toKey).sort()
      await leave(leaves)
      await untilShared([stays], 12)
      const back = await join(cluster, 'm1')
      await untilShared([stays, back], 12)
      expect(back.assignment()?.partitions.map(toKey).sort()).toEqual(before)
    })

    it('commits before the first record came, and gives the metadata back, 4,096 units of it', async () => {
      const cluster = await open([1, 1])
      const [main, retry] = cluster.topics.map((topic) => ({ topic, partition: 0 })) as [TopicPartition, TopicPartition]
      const source = await join(cluster, 'm0', { resume: () => [] })
      const epoch = source.assignment()?.epoch ?? 0
      expect((await source.bounds([main, retry])).map(({ committed }) => committed)).toEqual([undefined, undefined])
      const [short, long] = [
        { offset: 0, metadata: '' },
        { offset: 0, metadata: 'ö'.repeat(4_096) },
      ]
      expect(
        await source.commit(
          [
            { ...main, ...short },
            { ...retry, ...long },
          ],
          epoch,
        ),
      ).toBe(true)
      expect((await source.bounds([main, retry])).map(({ committed }) => committed)).toEqual([short, long])
    })

    it('refuses metadata that is too long, and commits nothing of the request', async () => {
      const cluster = await open([2])
      const [topic = ''] = cluster.topics
      const source = await join(cluster, 'm0')
      const epoch = source.assignment()?.epoch ?? 0
      const metadata = (partition: number) => 'x'.repeat(4_096 + partition)
      const [good, bad] = [0, 1].map((partition) => ({ topic, partition, offset: 0, metadata: metadata(partition) }))
      await expect(source.commit([good, bad] as never, epoch)).rejects.toBeInstanceOf(RangeError)
      expect((await source.bounds([{ topic, partition: 0 }]))[0]?.committed).toBeUndefined()
    })

    it('takes commits while it drains, refuses them afterwards, and the next owner goes on from there', async () => {
      const cluster = await open([2])
      const [topic = ''] = cluster.topics
      const commits: boolean[] = []
      for (const partition of [0, 1]) await cluster.append({ topic, partition }, ['a', 'b', 'c'])
      const first: WatchedSource = await join(cluster, 'm0', {
        onDrain: async (epoch) => {
          if (commits.length > 0) return
          const offsets = [0, 1].map((partition) => ({ topic, partition, offset: 2, metadata: `by ${epoch}` }))
          commits.push(await first.commit(offsets, epoch))
        },
      })
      await first.until(() => first.records.length === 6)
      const old = first.assignment()?.epoch ?? 0
      const second = await join(cluster, 'm1')
      await untilShared([first, second], 2)
      commits.push(await first.commit([{ topic, partition: 0, offset: 3, metadata: '' }], old))
      expect(commits).toEqual([true, false])
      expect(first.events.slice(0, 3)).toEqual([`assigned ${old}`, `drain ${old}`, `lost ${old}`])
      await second.until(() => second.records.length > 0)
      expect(valuesOf(second)).toEqual(['c'])
      const [bounds] = await second.bounds([{ topic, partition: 1 }])
      expect(bounds?.committed).toEqual({ offset: 2, metadata: `by ${old}` })
    })

    it('delivers nothing once it drains', async () => {
      const cluster = await open([1])
      const at = { topic: cluster.topics[0] ?? '', partition: 0 }
      let before = -1
      const source: WatchedSource = await join(cluster, 'm0', {
        onDrain: async () => {
          before = source.records.length
          await cluster.append(at, ['late'])
          // A call to the cluster takes as long as a record would take to come.
          for (let call = 0; call < 20; call += 1) await source.bounds([at])
        },
      })
      await cluster.append(at, ['a'])
      await source.until(() => source.records.length === 1)
      await leave(source)
      expect([before, source.records.length]).toEqual([1, 1])
    })

    it('drains when it closes, and leaves its partitions to the others', async () => {
      const cluster = await open([2])
      const [topic = ''] = cluster.topics
      const stays = await join(cluster, 'm0')
      const leaves: WatchedSource = await join(cluster, 'm1', {
        onDrain: async (epoch) => {
          const own = leaves.assignment()?.partitions ?? []
          const last = own.map((at) => ({ ...at, offset: 0, metadata: 'last word' }))
          await leaves.commit(last, epoch)
        },
      })
      await untilShared([stays, leaves], 2)
      await leave(leaves)
      expect(leaves.events.slice(-2).map((event) => event.split(' ')[0])).toEqual(['drain', 'lost'])
      await untilShared([stays], 2)
      const bounds = await stays.bounds([0, 1].map((partition) => ({ topic, partition })))
      expect(bounds.filter(({ committed }) => committed?.metadata === 'last word')).toHaveLength(1)
    })

    it('refuses a process that starts under the client id of one that works, and takes nothing from that one', async () => {
      const cluster = await open([2])
      const [topic = ''] = cluster.topics
      const first = await join(cluster, 'm0')
      const late = await start(cluster, 'm0')
      await late.until(() => late.events.length > 0)
      expect(late.events).toEqual(['failed MUR_GROUP_PLACE_TAKEN'])
      expect(late.problem()).toContain('m0')
      const epoch = first.assignment()?.epoch ?? 0
      expect(await first.commit([{ topic, partition: 0, offset: 0, metadata: '' }], epoch)).toBe(true)
      expect(first.events).toEqual([`assigned ${epoch}`])
    })

    it('lets a process in under the client id of one that has left', async () => {
      const cluster = await open([2])
      await leave(await join(cluster, 'm0'))
      const second = await join(cluster, 'm0')
      expect(second.assignment()?.partitions).toHaveLength(2)
    })

    it('knows what the topic holds, and trims it', async () => {
      const cluster = await open([2])
      const [topic = ''] = cluster.topics
      const at = { topic, partition: 1 }
      await cluster.append(at, ['a', 'b', 'c'])
      const source = await join(cluster, 'm0')
      expect(await source.bounds([at])).toEqual([{ ...at, committed: undefined, low: 0, high: 3 }])
      await source.trim([{ ...at, offset: 2 }])
      expect(await source.bounds([at])).toEqual([{ ...at, committed: undefined, low: 2, high: 3 }])
    })

    it('says which records expired unread, and begins with the first that is left', async () => {
      const cluster = await open([1])
      const at = { topic: cluster.topics[0] ?? '', partition: 0 }
      await cluster.append(at, ['a', 'b', 'c'])
      const first = await join(cluster, 'm0')
      await first.commit([{ ...at, offset: 1, metadata: '' }], first.assignment()?.epoch ?? 0)
      await first.trim([{ ...at, offset: 2 }])
      await leave(first)
      const second = await join(cluster, 'm0')
      await second.until(() => second.records.length > 0)
      expect(valuesOf(second)).toEqual(['c'])
      expect(second.events.at(-1)).toBe('expired 1 to 2')
    })

    it('has a lease as soon as it has an assignment, and none without', async () => {
      const cluster = await open([1])
      const source = cluster.member('m0')
      expect(source.leaseUntilMs()).toBe(0)
      const left: number[] = []
      const watched = await watchSource(source, {
        resume: () => {
          left.push(source.leaseUntilMs() - cluster.nowMs())
          return []
        },
      })
      await watched.until(() => watched.assignment() !== undefined)
      expect(left[0]).toBeGreaterThan(0)
      await watched.close()
      expect(source.leaseUntilMs()).toBe(0)
    })
  })
}
