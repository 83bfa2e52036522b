// Ours in `npm run bench:consumer`: reads orders from standard input, one a line, `run topic groupId successes failingKey
// sinkUrl traceFile` with `-` for none, and answers `done cpuSeconds`, or `failed why`. Ends with its input.
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { defaultRetryPlan, type HandleEvent, startConsumer } from '@murmuration/consumer'
import { openKafkaLink } from '@murmuration/kafka'
import { createLogger, createMetrics } from '@murmuration/observability'
import { catalog, type Message } from '@murmuration/schemas'
import { Pool } from 'undici'
import type { Call } from './consumer-calls.ts'
import { CONCURRENCY, WORK_MS } from './consumer-scenario.ts'
import { createExactSleep } from './consumer-sleep.ts'

interface Order {
  readonly topic: string
  readonly groupId: string
  readonly successes: number
  readonly failingKey: string
  readonly sinkUrl: string
  readonly traceFile: string
}

const [brokers = '', registryUrl = ''] = process.argv.slice(2)
// All that is on in a service, but for the line that it logs for each settled record: the peer logs none.
const destination = { write: (line: string) => process.stderr.write(line) }
const logger = createLogger({ service: 'bench', level: 'warn', destination })
const metrics = createMetrics({ process: 'include' })

process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await run(parseOrder(line)).then(
    (cpuSeconds) => `done ${cpuSeconds}`,
    (error: unknown) => `failed ${error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error)}`,
  )
  process.stdout.write(`${answer}\n`)
}
process.exit(0)

function parseOrder(line: string): Order {
  const [, topic = '', groupId = '', successes = '', failingKey = '', sinkUrl = '', traceFile = ''] = line.split(' ')
  return { topic, groupId, successes: Number(successes), failingKey, sinkUrl, traceFile }
}

/** Reads the topic as a group of its own until enough handlers have succeeded; @returns the CPU time, seconds. */
async function run(order: Order): Promise<number> {
  const cpuBefore = process.cpuUsage()
  const calls: Call[] = []
  const sleep = createExactSleep(WORK_MS)
  const pool = order.sinkUrl === '-' ? undefined : new Pool(order.sinkUrl, { connections: CONCURRENCY })
  const finished = Promise.withResolvers<void>()
  let left = order.successes
  const handleEvent: HandleEvent<Message> = async ({ contactKey }, { offset }) => {
    const startMs = performance.now()
    const ok = pool === undefined ? await sleep(contactKey) : await post(pool, `/${contactKey}/${offset}`)
    const succeeds = ok && contactKey !== order.failingKey
    calls.push({ offset: Number(offset), startMs, endMs: performance.now(), ok: succeeds })
    if (!succeeds) throw new Error('this key always fails')
    left -= 1
    if (left === 0) finished.resolve()
    return { kind: 'done' }
  }
  const clientId = 'bench-0'
  const link = await openKafkaLink({
    brokers: brokers.split(','),
    clientId,
    topicPrefix: order.topic.slice(0, -catalog.message.topic.length),
    registry: { url: registryUrl, timeoutMs: 5_000 },
    writes: ['partition-outcomes', 'quarantined-record'],
    publishDeadlineMs: 10_000,
    maxQueuedRecords: 10_000,
    logger,
    metrics,
  })
  const consumer = await startConsumer<Message>(link, {
    groupId: order.groupId,
    handler: 'bench',
    records: ['message'],
    handleEvent,
    plan: defaultRetryPlan,
    concurrency: CONCURRENCY,
    clientId,
    logger,
    metrics,
  })
  try {
    await Promise.race([finished.promise, consumer.ended])
  } finally {
    await consumer.close()
    await link.close()
    await pool?.close()
  }
  if (left > 0) throw new Error('the consumer has ended by itself')
  const { user, system } = process.cpuUsage(cpuBefore)
  writeFileSync(order.traceFile, toTrace(calls))
  return (user + system) / 1e6
}

/** By the pool's own way, which makes no stream of an empty body. */
function post(pool: Pool, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let ok = false
    pool.dispatch(
      { method: 'POST', path },
      {
        onRequestStart: () => undefined,
        onResponseData: () => undefined,
        onResponseStart(_, statusCode) {
          ok = statusCode === 200
        },
        onResponseEnd: () => resolve(ok),
        onResponseError: (_, error) => reject(error),
      },
    )
  })
}

/** See `parseTrace`; counted from the first start. */
function toTrace(calls: readonly Call[]): string {
  const firstMs = calls.reduce((first, { startMs }) => Math.min(first, startMs), Number.POSITIVE_INFINITY)
  const toUs = (ms: number): number => Math.floor((ms - firstMs) * 1_000)
  return calls.map((one) => `${one.offset} ${toUs(one.startMs)} ${toUs(one.endMs)} ${one.ok ? 1 : 0}\n`).join('')
}
