/**
 * Times ways to make the HMAC of a webhook (docs/adr/0014-hmac-of-two-hashes.md).
 *
 * `node test/bench/hmac.ts [ROUNDS]` prints µs a call: the best and the median over rounds in which the ways take turns.
 */
import { createHmac, hash } from 'node:crypto'
import { hmacSha256 } from '../../libs/bird/src/hmac-sha256.ts'

const CALLS = 20_000
const BLOCK_BYTES = 64
const rounds = Number(process.argv[2] ?? '9')

const key = 'a signing key of the usual length'
const head = '1790000000\nhttps://hooks.example.com/webhooks/sample\n'
const tail = hash('sha256', Buffer.alloc(1_100, 'x'), 'hex')

const signed = Buffer.concat([Buffer.alloc(BLOCK_BYTES, key), Buffer.from(head), Buffer.from(tail, 'hex')])
const outer = Buffer.alloc(BLOCK_BYTES + 32, key)

const ways: Readonly<Record<string, () => unknown>> = {
  createHmac: () => createHmac('sha256', key).update(head).update(tail, 'hex').digest(),
  'two hashes that return Buffers, blocks made before': () => {
    hash('sha256', signed, 'buffer').copy(outer, BLOCK_BYTES)
    return hash('sha256', outer, 'buffer')
  },
  'ours, blocks included': () => hmacSha256(key, { head, tail }),
}

function time(run: () => unknown): number {
  const startMs = performance.now()
  for (let call = 0; call < CALLS; call += 1) run()
  return ((performance.now() - startMs) * 1_000) / CALLS
}

const times = Object.entries(ways).map(([name, run]) => ({ name, run, us: [] as number[] }))
for (let round = 0; round < rounds; round += 1) for (const { run, us } of times) us.push(time(run))

process.stdout.write('| µs a call | best | median |\n|---|---|---|\n')
for (const { name, us } of times) {
  const sorted = us.toSorted((a, b) => a - b)
  const [best = 0, median = 0] = [sorted[0], sorted[Math.floor(sorted.length / 2)]]
  process.stdout.write(`| ${name} | ${best.toFixed(2)} | ${median.toFixed(2)} |\n`)
}
