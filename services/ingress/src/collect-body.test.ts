import { describe, expect, it } from 'vitest'
import { BodyRefusedError, collectBody, createBodyBudget } from './collect-body.ts'
import type { BodySink } from './webhook-request.ts'

/** Reads a body that comes in these chunks, under a budget of which so much is in use already. */
async function collect(
  chunks: readonly (Buffer | Error)[],
  limits: { readonly maxBytes?: number; readonly budgetBytes?: number; readonly inUse?: number } = {},
) {
  const budget = createBodyBudget(limits.budgetBytes ?? 1_000_000)
  budget.bytes = limits.inUse ?? 0
  const request = { pourInto: (sink: BodySink) => pour(chunks, sink) }
  const body = collectBody(request, { maxBytes: limits.maxBytes ?? 100_000, budget }).catch((error: unknown) => error)
  return { body: await body, budget }
}

/** As the parser does: whatever the sink thinks of a chunk, the next one comes. */
function pour(chunks: readonly (Buffer | Error)[], sink: BodySink): void {
  for (const chunk of chunks) {
    if (chunk instanceof Error) sink.fail(chunk)
    else sink.chunk(chunk)
  }
  if (!chunks.some((chunk) => chunk instanceof Error)) sink.end()
}

function statusOf(body: unknown): unknown {
  return body instanceof BodyRefusedError ? body.statusCode : body
}

const bytes = (count: number, size: number) => Array.from({ length: count }, () => Buffer.alloc(size, 'x'))

describe('collectBody', () => {
  it('returns the bytes in their order, and gives the budget back', async () => {
    const { body, budget } = await collect([Buffer.from('a'), Buffer.from('bc'), Buffer.from('d')])
    expect([String(body), budget.bytes]).toEqual(['abcd', 0])
    expect(String((await collect([])).body)).toBe('')
  })

  it('refuses a body that is larger than its source takes', async () => {
    const { body, budget } = await collect(bytes(3, 50), { maxBytes: 149 })
    expect([statusOf(body), budget.bytes]).toEqual([413, 0])
    expect((await collect(bytes(3, 50), { maxBytes: 150 })).body).toHaveLength(150)
  })

  it('refuses a body in shreds, each of which costs more than it holds', async () => {
    const { body, budget } = await collect(bytes(1_100, 1))
    expect([statusOf(body), budget.bytes]).toEqual([400, 0])
    expect((await collect(bytes(1_100, 64))).body).toHaveLength(1_100 * 64)
  })

  it('refuses a body while others fill the budget, and takes no part of it afterwards', async () => {
    const { body, budget } = await collect(bytes(2, 60), { budgetBytes: 1_000, inUse: 900 })
    expect([statusOf(body), budget.bytes]).toEqual([503, 900])
  })

  it('fails as the request does, and gives the budget back', async () => {
    const { body, budget } = await collect([Buffer.from('ab'), new Error('gone')], { inUse: 5 })
    expect([body, budget.bytes]).toEqual([new Error('gone'), 5])
  })

  it('refuses the largest of all bodies when they fill the budget, and so lets small ones through', async () => {
    const budget = createBodyBudget(1_000)
    const sinks: BodySink[] = []
    const read = (size: number) => {
      const body = collectBody({ pourInto: (sink) => sinks.push(sink) }, { maxBytes: 10_000, budget })
      sinks.at(-1)?.chunk(Buffer.alloc(size))
      return body.then(({ length }) => length, statusOf)
    }
    const [large, largest, small] = [read(400), read(500), read(150)]
    expect(await largest).toBe(503)
    expect([budget.bytes, budget.reading.size]).toEqual([550, 2])
    sinks[1]?.chunk(Buffer.alloc(5_000))
    for (const sink of sinks) sink.end()
    expect([await large, await small]).toEqual([400, 150])
    expect([budget.bytes, budget.reading.size]).toEqual([0, 0])
  })
})
