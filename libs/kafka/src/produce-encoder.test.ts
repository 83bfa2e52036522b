import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type AnyMessage,
  type EncodedRequest,
  encodePatched,
  encodeUnpatched,
  internals,
  type ProduceInput,
} from './kafkajs-internals.fixture.ts'
import { createChance, ODD_MESSAGES, toMessage, toRequest } from './produce-encoder.fixture.ts'

const NOW_MS = 1_764_000_000_123

beforeEach(() => {
  vi.useFakeTimers({ now: NOW_MS, toFake: ['Date'] })
})

afterEach(() => {
  vi.useRealTimers()
})

function toInput(messages: readonly AnyMessage[], overrides: Partial<ProduceInput> = {}): ProduceInput {
  return {
    acks: -1,
    timeout: 2_000,
    topicData: [{ topic: 't', partitions: [{ partition: 0, messages }] }],
    ...overrides,
  }
}

/** What came of an encoding: its bytes and way, or its error. Gives the buffer back. */
async function outcomeOf(encoding: Promise<EncodedRequest>): Promise<{ bytes: string; onePass: boolean }> {
  try {
    const { buffer, release } = await encoding
    const bytes = buffer.toString('latin1')
    release?.()
    return { bytes, onePass: release !== undefined }
  } catch (error) {
    return { bytes: String(error), onePass: false }
  }
}

describe('the one-pass encoder', () => {
  it('writes the bytes of kafkajs for 3,000 random requests, in one pass whatever it knows', {
    timeout: 30_000,
  }, async () => {
    const count = { onePass: 0, left: 0 }
    for (let seed = 1; seed <= 3_000; seed++) {
      const chance = createChance(seed)
      const { input, known } = toRequest(chance, NOW_MS)
      const clientId = chance.pick(['ingress-0', 'zażółć', '', null])
      const patched = await outcomeOf(encodePatched(input, clientId))
      const unpatched = await outcomeOf(encodeUnpatched(input, clientId))
      if (patched.bytes !== unpatched.bytes) expect.fail(`seed ${seed}: other bytes`)
      expect(patched.onePass, `seed ${seed}`).toBe(known)
      expect(unpatched.onePass).toBe(false)
      count[patched.onePass ? 'onePass' : 'left']++
    }
    expect(count.onePass).toBeGreaterThan(1_000)
    expect(count.left).toBeGreaterThan(300)
  })

  it.each(ODD_MESSAGES.map((odd) => [inspect(odd), odd] as const))(
    'leaves %s to kafkajs, which writes it or throws as ever',
    async (_what, odd) => {
      const input = toInput([{ value: 'v' }, odd])
      const patched = await outcomeOf(encodePatched(input))
      expect(patched).toEqual(await outcomeOf(encodeUnpatched(input)))
      expect(patched.onePass).toBe(false)
    },
  )

  it.each([
    ['an empty batch', toInput([])],
    ['compression', toInput([{ value: 'v' }], { compression: 1 })],
    ['a transaction', toInput([{ value: 'v' }], { transactionalId: 't' })],
  ])('leaves %s to kafkajs', async (_what, input) => {
    const patched = await outcomeOf(encodePatched(input))
    expect(patched).toEqual(await outcomeOf(encodeUnpatched(input)))
    expect(patched.onePass).toBe(false)
  })

  it('takes sequences of an idempotent producer', async () => {
    const partitions = [{ partition: 3, firstSequence: 41, messages: [{ value: 'v' }] }]
    const input = toInput([], { producerId: '4001', producerEpoch: 2, topicData: [{ topic: 't', partitions }] })
    const patched = await outcomeOf(encodePatched(input))
    expect(patched).toEqual({ bytes: (await outcomeOf(encodeUnpatched(input))).bytes, onePass: true })
  })

  it('tells a null key or value from an empty one', async () => {
    const all = await Promise.all(
      [null, '', Buffer.alloc(0)].map(async (value) => (await outcomeOf(encodePatched(toInput([{ value }])))).bytes),
    )
    expect(new Set(all).size).toBe(2)
    expect(all[1]).toBe(all[2])
  })

  it('writes a request of 20 MB, larger than any buffer it keeps', async () => {
    const messages = Array.from({ length: 40 }, (_, index) => ({
      key: `k${index}`,
      value: Buffer.alloc(500_000, index),
    }))
    const patched = await encodePatched(toInput(messages))
    const unpatched = await encodeUnpatched(toInput(messages))
    expect(patched.release).toBeDefined()
    expect(patched.buffer.equals(unpatched.buffer)).toBe(true)
  })

  it('keeps a request that is not given back from the next one', async () => {
    const chance = createChance(5)
    const first = await encodePatched(toInput(Array.from({ length: 50 }, () => toMessage(chance, NOW_MS))))
    const before = Buffer.from(first.buffer)
    for (let index = 0; index < 20; index++) await encodePatched(toInput([{ value: Buffer.alloc(9_000, index) }]))
    expect(first.buffer.equals(before)).toBe(true)
  })
})

describe('CRC-32C', () => {
  const { native, portable } = internals.checksum

  it('is 0xe3069283 of the digits 1 to 9, as its specification says', () => {
    expect(portable(Buffer.from('123456789'), 0, 9)).toBe(0xe3069283)
  })

  it('is the same natively, in JavaScript and in kafkajs, wherever the bytes begin and end', () => {
    expect(native, '@node-rs/crc32 has a binary for this platform').not.toBeNull()
    const chance = createChance(3)
    const bytes = chance.bytes(3_000)
    for (let length = 0; length < 300; length++) {
      const start = chance.upTo(2_000)
      const expected = internals.kafkajsChecksum(bytes.subarray(start, start + length))
      expect(portable(bytes, start, start + length)).toBe(expected)
      expect(native?.(bytes, start, start + length)).toBe(expected)
    }
  })
})
