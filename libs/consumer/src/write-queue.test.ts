import { describe, expect, it } from 'vitest'
import { createWriteQueue } from './write-queue.ts'

/** A write whose answers a test gives. */
function createWrites() {
  const batches: (readonly number[])[] = []
  const answers: ((receipt: string | undefined) => void)[] = []
  const write = (batch: readonly number[]) => {
    batches.push(batch)
    return new Promise<string | undefined>((resolve) => answers.push(resolve))
  }
  return { batches, write, answer: (receipt: string | undefined) => answers.shift()?.(receipt) }
}

function queueOn(
  write: (batch: readonly number[]) => Promise<string | undefined>,
  acknowledged: (item: number, receipt: string) => void = () => undefined,
  {
    bytesOf = () => 1,
    fail = (error) => expect.unreachable(String(error)),
  }: { bytesOf?: (item: number) => number; fail?: (error: unknown) => void } = {},
) {
  return createWriteQueue<number, string>({ write, acknowledged, bytesOf, fail })
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('a write queue', () => {
  it('starts a batch only when the one before was acknowledged, with all that came meanwhile', async () => {
    const { batches, write, answer } = createWrites()
    const acknowledged: string[] = []
    const queue = queueOn(write, (item, receipt) => acknowledged.push(`${item} ${receipt}`))
    queue.push(1)
    queue.push(2)
    await turn()
    queue.push(3)
    queue.push(4)
    await turn()
    expect(batches).toEqual([[1, 2]])
    answer('x')
    await turn()
    expect(batches).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(acknowledged).toEqual(['1 x', '2 x'])
    expect(queue.idle()).toBe(false)
    answer('y')
    await turn()
    expect(queue.idle()).toBe(true)
  })

  it('writes at most five hundred at once', async () => {
    const { batches, write, answer } = createWrites()
    const queue = queueOn(write)
    for (let item = 0; item < 1_200; item += 1) queue.push(item)
    for (let batch = 0; batch < 3; batch += 1) {
      await turn()
      answer('x')
    }
    await turn()
    expect(batches.map(({ length }) => length)).toEqual([500, 500, 200])
  })

  it('drops what waits behind a write that gave up: its owner has lost the partition', async () => {
    const { batches, write, answer } = createWrites()
    const acknowledged: number[] = []
    const queue = queueOn(write, (item) => acknowledged.push(item))
    queue.push(1)
    await turn()
    queue.push(2)
    answer(undefined)
    await turn()
    expect([batches, acknowledged, queue.idle()]).toEqual([[[1]], [], true])
  })

  it('takes nothing after a write that gave up: what stands behind a gap would be taken for what follows it', async () => {
    const { batches, write, answer } = createWrites()
    const queue = queueOn(write)
    queue.push(1)
    await turn()
    answer(undefined)
    await turn()
    queue.push(2)
    await turn()
    expect([batches, queue.idle()]).toEqual([[[1]], true])
  })

  it('cuts batches by bytes, and sends an item alone that is larger than a batch', async () => {
    const { batches, write, answer } = createWrites()
    const sizes = [300_000, 200_000, 30_000, 2_000_000, 1, 1]
    const queue = queueOn(write, undefined, { bytesOf: (item) => sizes[item] as number })
    for (const item of sizes.keys()) queue.push(item)
    for (let batch = 0; batch < 4; batch += 1) {
      await turn()
      answer('x')
    }
    await turn()
    expect(batches).toEqual([[0, 1], [2], [3], [4, 5]])
  })

  it('tells what its write threw, and takes nothing more', async () => {
    const told: unknown[] = []
    const write = async () => Promise.reject(new Error('refused'))
    const queue = queueOn(write, undefined, { fail: (error) => told.push(error) })
    queue.push(1)
    await turn()
    queue.push(2)
    await turn()
    expect([told, queue.idle()]).toEqual([[new Error('refused')], true])
  })
})
