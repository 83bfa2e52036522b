/**
 * Times the encoding of Produce requests: kafkajs as it came against our patch (docs/adr/0007-kafkajs-produce-path.md).
 *
 * `node test/bench/produce-encoder.ts [SECONDS]` prints a table: µs a request, the median over rounds in which the ways
 * take turns. No broker: this says what a request costs, not what a webhook does.
 */
import { createJavaPartitioner } from '../../libs/kafka/src/java-partitioner.ts'
import {
  encodePatched,
  encodeUnpatched,
  internals,
  type ProduceInput,
} from '../../libs/kafka/src/kafkajs-internals.fixture.ts'

const ROUND_MS = 50
const seconds = Number(process.argv[2] ?? '3')
const { checksum } = internals

/** Values of a webhook's raw record and of its event; a contact's key. */
const raw = Buffer.alloc(1_100, 'r')
const event = Buffer.alloc(450, 'e')
const toKey = (index: number) => `contact-${String(index).padStart(12, '0')}`

/** The requests of the design note: one full batch, and webhooks that a group commit spread over two topics. */
const shapes: readonly (readonly [string, ProduceInput])[] = [
  ['1 batch, 100 records of 1.1 KB', { ...base(), topicData: [toTopic('raw', raw, 100, 1)] }],
  ['2 topics × 12 partitions, 60 webhooks', toWebhooks(60)],
  ['2 topics × 12 partitions, 240 webhooks', toWebhooks(240)],
]

function base() {
  return { acks: -1, timeout: 2_000, producerId: -1, producerEpoch: 0 }
}

function toWebhooks(count: number): ProduceInput {
  return {
    ...base(),
    topicData: [toTopic('bird.raw.v1', raw, count, 12), toTopic('bird.messages.v1', event, count, 12)],
  }
}

function toTopic(topic: string, value: Buffer, records: number, partitions: number) {
  const lists = Array.from({ length: partitions }, (_, partition) => ({
    partition,
    messages: Array.from({ length: records / partitions }, (_, index) => ({
      key: toKey(index * partitions + partition),
      value,
    })),
  }))
  return { topic, partitions: lists }
}

/** Whole µs, or with a digit where that is much. */
function toText(us: number): string {
  return us < 20 ? us.toFixed(2) : us.toFixed(0)
}

type Way = () => Promise<void> | void

/** The median time of each way, µs for one of the `repeats` of a run; they take turns, so that noise meets them all. */
async function race(ways: readonly Way[], repeats: number): Promise<readonly number[]> {
  const times = ways.map((): number[] => [])
  const endMs = performance.now() + seconds * 1_000
  while (performance.now() < endMs) {
    for (const [index, run] of ways.entries()) {
      const startMs = performance.now()
      let runs = 0
      while (performance.now() - startMs < ROUND_MS) {
        await run()
        runs++
      }
      times[index]?.push(((performance.now() - startMs) * 1_000) / (runs * repeats))
    }
  }
  return times.map((list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN)
}

async function patched(input: ProduceInput, crc32c: typeof checksum.crc32c): Promise<void> {
  checksum.crc32c = crc32c
  const { release } = await encodePatched(input)
  release?.()
}

/** A row: how long each way takes, and how many times faster than the first. */
function printRow(name: string, [before = 0, ...after]: readonly number[]): void {
  const cells = after.map((us) => `${toText(us)} (×${(before / us).toFixed(1)})`)
  process.stdout.write(`| ${[name, toText(before), ...cells].join(' | ')} |\n`)
}

process.stdout.write(
  '| µs a request | kafkajs | one pass, native CRC | one pass, CRC in JavaScript |\n|---|---|---|---|\n',
)
for (const [name, input] of shapes) {
  const native = checksum.native ?? checksum.portable
  const ways: readonly Way[] = [
    async () => void (await encodeUnpatched(input)),
    () => patched(input, native),
    () => patched(input, checksum.portable),
  ]
  printRow(name, await race(ways, 1))
}

process.stdout.write('\n| µs a key | kafkajs | ours |\n|---|---|---|\n')
const keys = Array.from({ length: 500 }, (_, index) => toKey(index))
const partitionMetadata = Array.from({ length: 12 }, (_, partitionId) => ({
  partitionErrorCode: 0,
  partitionId,
  leader: 1,
  replicas: [],
  isr: [],
}))
const partitioners = [internals.createKafkajsPartitioner(), createJavaPartitioner()]
const ways = partitioners.map(
  (partitionOf): Way =>
    () => {
      for (const key of keys) partitionOf({ topic: 't', partitionMetadata, message: { key, value: null } })
    },
)
printRow('partition of a key', await race(ways, keys.length))
