// `npm run bench:codec`: our codec against avsc alone and against the registry's client, in one process.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadSchema, type RecordName } from '@murmuration/schemas'
import { type CodecCell, meetsBar } from './codec-cell.ts'
import { type Contestant, EVENTS, prepareContest } from './codec-contest.ts'
import { renderCodecReport } from './codec-report.ts'
import { describeMachine } from './describe-machine.ts'
import { writeReport } from './write-report.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const records = ['message', 'message-status', 'raw-webhook'] as const satisfies readonly RecordName[]

/** Of one contestant in one round, ms; it is warmed up for as long before the first. */
const ROUND_MS = 40

const usage = `npm run bench:codec -- [options]

Races encoding and decoding: avsc alone, our codec, the registry's client. Compares what they make of the same events first.

  --rounds N   interleaved rounds (30)
  --out FILE   writes the report there, from the root of the repository
  --help

Exit codes: 0 done, 1 a bar is missed or the ways do not agree.
`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '30' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) process.stdout.write(usage)
else process.exitCode = await main({ rounds: Number(values.rounds), out: values.out })

async function main(options: { readonly rounds: number; readonly out: string | undefined }): Promise<number> {
  const server = serveSchemas().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const contests = await Promise.all(
    records.map(async (record, at) => {
      const registryUrl = `http://127.0.0.1:${port}`
      return [record, await prepareContest(record, { records, registryUrl, schemaId: at + 1 })] as const
    }),
  )
  server.close()
  server.closeAllConnections()
  const contestants = contests.flatMap(([, contest]) => contest.contestants)
  const cells = await race(contestants, options.rounds)
  const report = renderCodecReport({
    at: new Date().toISOString(),
    rounds: options.rounds,
    machine: [...describeMachine().slice(0, 1), `Node ${process.versions.node}`],
    cells,
    frameBytes: new Map(contests.map(([record, { frameBytes }]) => [record, frameBytes])),
    compared: EVENTS,
  })
  process.stdout.write(report)
  if (options.out !== undefined) writeReport(root, options.out, report)
  const groups = records.flatMap((record) =>
    (['encode', 'decode'] as const).map((direction) => ({ record, direction })),
  )
  return groups.every((group) => meetsBar(cells, group)) ? 0 : 1
}

/** A registry with the schemas of the race, which the client asks once each. */
function serveSchemas() {
  return createServer((request, response) => {
    const id = Number(request.url?.split('/').at(-1))
    const record = records[id - 1]
    response.statusCode = record === undefined ? 404 : 200
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(record === undefined ? {} : { schema: JSON.stringify(loadSchema(record)) }))
  })
}

async function race(contestants: readonly Contestant[], rounds: number): Promise<readonly CodecCell[]> {
  for (const contestant of contestants) await time(contestant)
  const cells: CodecCell[] = []
  for (let round = 0; round < rounds; round += 1) {
    const first = round % contestants.length
    const order = [...contestants.slice(first), ...contestants.slice(0, first)]
    for (const contestant of round % 2 === 0 ? order : order.toReversed()) {
      const { record, direction, way } = contestant
      cells.push({ record, direction, way, round, us: await time(contestant) })
    }
  }
  return cells
}

/** Microseconds of CPU for one event, over a round, those of the garbage collector's threads included. */
async function time({ run }: Contestant): Promise<number> {
  // Nobody pays for what another one has left behind.
  globalThis.gc?.()
  const endMs = performance.now() + ROUND_MS
  const before = process.cpuUsage()
  let events = 0
  do {
    await run()
    events += EVENTS
  } while (performance.now() < endMs)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / events
}
