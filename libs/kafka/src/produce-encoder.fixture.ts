import type { AnyMessage, ProduceInput } from './kafkajs-internals.fixture.ts'

/** Chance that a seed repeats. */
export interface Chance {
  /** A whole number from 0 to `below - 1`. */
  upTo(below: number): number
  pick<T>(choices: readonly T[]): T
  bytes(length: number): Buffer
}

export function createChance(seed: number): Chance {
  // xorshift32; never 0.
  let state = (seed * 0x9e3779b1) | 1
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  const upTo = (below: number) => next() % below
  return {
    upTo,
    pick: <T>(choices: readonly T[]) => choices[upTo(choices.length)] as T,
    bytes: (length) => Buffer.from(Array.from({ length }, () => upTo(256))),
  }
}

const TEXTS = [
  '',
  'k',
  'contact-17',
  'zażółć',
  '日本語テキスト',
  '👩‍👩‍👧',
  '\u0000',
  'lone \ud800',
  'x'.repeat(63),
  'é'.repeat(64),
]

/** A key, value or header value that the types allow, null left out. */
function toBytes(chance: Chance): Buffer | string {
  const length = chance.pick([0, 1, 2, 7, 63, 64, 127, 128, 300])
  return chance.upTo(2) === 0 ? chance.pick(TEXTS) : chance.bytes(length)
}

function toHeaders(chance: Chance): Record<string, Buffer | string | (Buffer | string)[]> {
  const names = ['traceparent', 'mur-x', 'ü', '', '7'].slice(0, chance.upTo(6))
  return Object.fromEntries(
    names.map((name) => [
      name,
      chance.upTo(3) > 0 ? toBytes(chance) : Array.from({ length: chance.upTo(4) }, () => toBytes(chance)),
    ]),
  )
}

/** A message that the encoder knows. Its timestamp lies within two months around `nowMs`. */
export function toMessage(chance: Chance, nowMs: number): AnyMessage {
  const stamp = nowMs + chance.pick([0, 1, -1, 63, 64, -65, 8_191, 8_192, 2_600_000_000, -2_600_000_000])
  const large = chance.upTo(300) === 0 ? Buffer.alloc(70_000 + chance.upTo(200_000), chance.upTo(256)) : undefined
  return {
    key: chance.pick([null, toBytes(chance), toBytes(chance)]),
    value: large ?? chance.pick([null, toBytes(chance), toBytes(chance), toBytes(chance)]),
    ...(chance.upTo(2) === 0 ? { headers: toHeaders(chance) } : {}),
    ...(chance.upTo(3) === 0 ? { timestamp: chance.pick([null, stamp, String(stamp)]) } : {}),
  }
}

/** What the encoder leaves to kafkajs, which encodes some of it and throws at the rest. */
export const ODD_MESSAGES: readonly AnyMessage[] = [
  { value: 12 },
  { value: {} },
  { value: new Uint8Array([1, 2]) },
  { key: 12, value: 'v' },
  { key: true, value: 'v' },
  { value: 'v', headers: null },
  { value: 'v', headers: 'name' },
  { value: 'v', headers: { name: null } },
  { value: 'v', headers: { name: undefined } },
  { value: 'v', headers: { name: 12 } },
  { value: 'v', headers: { name: ['a', null] } },
  { value: 'v', headers: { name: [['a']] } },
  { value: 'v', timestamp: 0 },
  { value: 'v', timestamp: 999_999_999_999 },
  { value: 'v', timestamp: 10_000_000_000_000 },
  { value: 'v', timestamp: -1 },
  { value: 'v', timestamp: '1700000000' },
  { value: 'v', timestamp: '' },
  { value: 'v', timestamp: 'yesterday' },
  { value: 'v', timestamp: 1_700_000_000_000n },
  { value: 'v', timestamp: 1_700_000_000_000.5 },
  { value: 'v', timestamp: new Date(1_700_000_000_000) },
]

const ODD_REQUESTS: readonly Partial<ProduceInput>[] = [
  { compression: 1 },
  { transactionalId: 't' },
  { transactionalId: '' },
]

/** A request, and whether it is one that the encoder must take. */
export function toRequest(chance: Chance, nowMs: number): { readonly input: ProduceInput; readonly known: boolean } {
  let known = true
  const times = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: count }, (_, index) => make(index))
  const toMessages = () => {
    const messages = times(chance.pick([1, 1, 2, 3, 5, 5, 70]), () => toMessage(chance, nowMs))
    const odd = chance.upTo(50)
    if (odd > 1) return messages
    known = false
    return odd === 0 ? [] : [...messages, chance.pick(ODD_MESSAGES)]
  }
  const input: ProduceInput = {
    acks: chance.pick([-1, 1, 0]),
    timeout: chance.pick([0, 2_000, 30_000]),
    topicData: times(chance.pick([0, 1, 2, 3]), () => ({
      topic: chance.pick(['bird.raw.v1', 't', 'tøpic', 'x'.repeat(249)]),
      partitions: times(chance.pick([0, 1, 1, 1, 2, 3]), (partition) => ({
        partition,
        ...(chance.upTo(2) === 0 ? { firstSequence: chance.pick([0, 1, 2_147_483_647]) } : {}),
        messages: toMessages(),
      })),
    })),
    ...chance.pick<Partial<ProduceInput>>([
      {},
      { producerId: -1, producerEpoch: 0, transactionalId: undefined, compression: 0 },
      { producerId: chance.pick(['0', '4000', '9007199254740993', '9223372036854775807']), producerEpoch: 32_767 },
    ]),
  }
  if (chance.upTo(12) > 0) return { input, known }
  return { input: { ...input, ...chance.pick(ODD_REQUESTS) }, known: false }
}
