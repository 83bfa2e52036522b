import { payloadFiles } from '../contract/bird-fixtures.ts'
import { createRandom } from './seeded.ts'

type Random = () => number
type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** With the braces around it below the ingress's limit of 1 MiB. */
const LONG_TEXT_BYTES = 1_040_000
/** How far back a body may be that is sent once more. */
const REPEAT_WITHIN = 500

const templates = payloadFiles().flatMap(({ bytes }) => {
  const parsed = JSON.parse(bytes.toString('utf8')) as Json
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? [JSON.stringify(parsed)] : []
})

/** Values that a reader may not expect where they stand. */
const oddities: readonly ((random: Random) => Json)[] = [
  () => null,
  () => [],
  () => ({}),
  () => '',
  () => true,
  () => -0,
  () => Number.MAX_VALUE,
  () => 2 ** 64,
  (random) => random(),
  () => '\u0000\u001f\u2028',
  () => '\ud800',
  () => '🙂'.repeat(40),
  () => '9999-99-99T99:99:99Z',
  () => [[[[[[1]]]]]],
  () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}') as Json,
  (random) => 'x'.repeat(Math.floor(random() * 4_000)),
]

/** Each makes the bytes of a body; `tag` is unlike that of any other. */
const kinds: readonly { readonly weight: number; readonly make: (random: Random, tag: string) => Buffer }[] = [
  { weight: 40, make: (random, tag) => Buffer.from(mutateJson(random, tag)) },
  { weight: 15, make: (random, tag) => mutateBytes(Buffer.from(mutateJson(random, tag)), random) },
  { weight: 8, make: (random) => Buffer.from(Array.from({ length: random() * 1_500 }, () => random() * 256)) },
  { weight: 4, make: (random, tag) => Buffer.from(toNested(random, tag)) },
  { weight: 4, make: (random, tag) => Buffer.from(withNumber(random, tag)) },
  { weight: 4, make: (_, tag) => Buffer.from(`{"service":"a","event":"b","id":"${tag}","id":1,"event":"${tag}"}`) },
  { weight: 4, make: (random, tag) => withInvalidUtf8(mutateJson(random, tag), random) },
  {
    weight: 4,
    make: (random, tag) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(mutateJson(random, tag))]),
  },
  {
    weight: 4,
    make: (_, tag) => Buffer.from(`{"__proto__":{"id":"${tag}"},"payload":{"__proto__":null},"constructor":1}`),
  },
  {
    weight: 3,
    make: (random) => Buffer.from(pick(['', ' ', '[]', '{}', 'null', '0', '""', '[{}]', '{"payload":[]}'], random)),
  },
  { weight: 3, make: (random, tag) => Buffer.from(`[${mutateJson(random, tag)}]`) },
]
const wheel = kinds.flatMap(({ weight, make }) => Array.from({ length: weight }, () => make))

/**
 * The `index`-th body of a run: the same seed makes the same bytes. About one in thirty is one of the last few hundred
 * again, one in two thousand is about as long as a webhook may be.
 */
export function toFuzzBody(seed: number, index: number): Buffer {
  const random = createRandom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b))
  if (index > 0 && random() < 0.03)
    return toFuzzBody(seed, Math.max(0, index - 1 - Math.floor(random() * REPEAT_WITHIN)))
  const tag = `fuzz-${seed}-${index}`
  if (random() < 0.0005) return toLongBody(random, tag)
  return pick(wheel, random)(random, tag)
}

function toLongBody(random: Random, tag: string): Buffer {
  const piece = pick(['x', 'é', '\\u0000', ' '], random)
  const text = piece.repeat(Math.floor(LONG_TEXT_BYTES / Buffer.byteLength(piece)))
  return Buffer.from(`{"event":"${tag}","payload":{"text":"${text}"}}`)
}

/** A real payload with ids of its own, in which some values became others or went away. */
function mutateJson(random: Random, tag: string): string {
  const body = JSON.parse(pick(templates, random)) as { [key: string]: Json }
  for (const inner of [body, body.payload, body.data]) giveIds(inner, tag)
  for (let times = Math.floor(random() * 4); times > 0; times -= 1) mutateValue(body, random)
  return JSON.stringify(body)
}

/** Whatever may tell one event from another, so that none is a duplicate by what a mapper reads of it. */
function giveIds(value: Json | undefined, tag: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  value.id = tag
  for (const key of Object.keys(value)) if (isIdName(key)) value[key] = `${tag}-${key}`
}

function isIdName(key: string): boolean {
  return /(^id|_id|Id)$/.test(key)
}

function mutateValue(root: { [key: string]: Json }, random: Random): void {
  let holder: Json[] | { [key: string]: Json } = root
  for (;;) {
    const key: string | undefined = pick(Object.keys(holder), random)
    if (key === undefined) return
    const inner: Json | undefined = (holder as { [key: string]: Json })[key]
    const isHolder = typeof inner === 'object' && inner !== null
    if (isHolder && random() < 0.75) {
      holder = inner
      continue
    }
    const odd = pick(oddities, random)(random)
    if (random() < 0.3) delete (holder as { [key: string]: Json })[key]
    else (holder as { [key: string]: Json })[key] = isIdName(key) && typeof odd === 'string' ? `${odd}${inner}` : odd
    return
  }
}

function mutateBytes(bytes: Buffer, random: Random): Buffer {
  const at = Math.floor(random() * bytes.length)
  const how = random()
  if (how < 0.25) return bytes.subarray(0, at)
  if (how < 0.5) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])
  const byte = Math.floor(random() * 256)
  if (how < 0.75) return Buffer.concat([bytes.subarray(0, at), Buffer.from([byte]), bytes.subarray(at)])
  const changed = Buffer.from(bytes)
  changed[at] = byte
  return changed
}

function toNested(random: Random, tag: string): string {
  const depth = Math.floor(10 ** (1 + random() * 4))
  const [open, close] = random() < 0.5 ? ['[', ']'] : ['{"a":', '}']
  return `{"event":"${tag}","payload":${open.repeat(depth)}1${random() < 0.8 ? close.repeat(depth) : ''}}`
}

function withNumber(random: Random, tag: string): string {
  const number = pick(
    ['1e999', '-1e999', '1e-999', '9'.repeat(400), `0.${'1'.repeat(400)}`, '-0', '01', '+1', 'NaN'],
    random,
  )
  return `{"service":"channels","event":"whatsapp.inbound","payload":{"id":"${tag}","createdAt":${number},"n":${number}}}`
}

function withInvalidUtf8(text: string, random: Random): Buffer {
  const bytes = Buffer.from(text)
  const at = Math.floor(random() * bytes.length)
  const wrong = pick([[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xe2, 0x82]], random)
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(wrong), bytes.subarray(at)])
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random() * items.length)] as T
}
