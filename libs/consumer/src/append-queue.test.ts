import { describe, expect, it } from 'vitest'
import { createAppendQueue } from './append-queue.ts'

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

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('an append queue', () => {
  it('starts a batch only when the one before was acknowledged, with all that came meanwhile', async () => {
    const { batches, write, answer } = createWrites()
    const acknowledged: string[] = []
    const queue = createAppendQueue(write, (item: number, receipt: string) => acknowledged.push(`${item} ${receipt}`))
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
    const queue = createAppendQueue(write, () => undefined)
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
    const queue = createAppendQueue(write, (item: number) => acknowledged.push(item))
    queue.push(1)
    await turn()
    queue.push(2)
    answer(undefined)
    await turn()
    expect([batches, acknowledged, queue.idle()]).toEqual([[[1]], [], true])
  })
})
