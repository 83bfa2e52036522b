import { createHash } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, expect, it } from 'vitest'
import { messageWith } from './message.fixture.ts'
import { type Processor, startProcessor } from './processor.fixture.ts'

const MIB = 1_024 * 1_024
const SIZE = 60 * MIB
const PATH = '/workspaces/w/messages/m/media/1'

let processor: Processor
afterEach(() => processor.close())

it('streams a body of 60 MiB: live memory stays flat from the first byte to the last', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const live: number[] = []
  const hash = createHash('sha256')
  function* chunks() {
    for (let at = 0; at < SIZE; at += 64 * 1_024) {
      const chunk = Buffer.alloc(64 * 1_024, `${at} `)
      hash.update(chunk)
      yield chunk
      if (at % (4 * MIB) === 0) {
        collect()
        live.push(process.memoryUsage().arrayBuffers)
      }
    }
  }
  processor = await startProcessor({ [PATH]: { contentType: 'video/mp4', size: SIZE, chunks } })

  await processor.handle(messageWith([{ url: `${processor.host.url}${PATH}` }]))

  expect(processor.published).toMatchObject([{ event: { bytes: SIZE, sha256: hash.digest('hex') } }])
  expect(live.length).toBe(15)
  // Socket and stream buffers and chunks on their way: some 9 MiB on a busy machine. A body that is held grows by 60.
  expect(Math.max(...live) - Math.min(...live)).toBeLessThan(SIZE / 3)
})
