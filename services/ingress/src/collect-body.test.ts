import { describe, expect, it } from 'vitest'
import { BodyRefusedError, collectBody, createBodyBudget } from './collect-body.ts'
import type { BodySink } from './webhook-request.ts'

/** Reads a body that comes in these chunks, under a budget of which so much is in use already. */
function collect(
  chunks: readonly (Buffer | Error)[],
  limits: { readonly maxBytes?: number; readonly budgetBytes?: number; readonly inUse?: number } = {},
) {
  const budget = createBodyBudget(limits.budgetBytes ?? 1_000_000)
  budget.bytes = limits.inUse ?? 0
  const { sink, told } = begin({ maxBytes: limits.maxBytes ?? 100_000, budget })
  pour(chunks, sink)
  expect(told).toHaveLength(1)
  return { body: told[0], budget }
}

/** A body that nothing has come of, and what is told of its end. */
function begin(limits: Parameters<typeof collectBody>[1]) {
  const told: unknown[] = []
  const sinks: BodySink[] = []
  const ended = { whole: (body: Buffer) => told.push(body), failed: (error: Error) => told.push(error) }
  collectBody({ pourInto: (sink) => sinks.push(sink) }, limits, ended)
  const [sink] = sinks
  if (sink === undefined) throw new Error('nobody reads the body')
  return { sink, told }
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
  it('returns the bytes in their order, and gives the budget back', () => {
    const { body, budget } = collect([Buffer.from('a'), Buffer.from('bc'), Buffer.from('d')])
    expect([String(body), budget.bytes]).toEqual(['abcd', 0])
    expect(String(collect([]).body)).toBe('')
  })

  it('refuses a body that is larger than its source takes', () => {
    const { body, budget } = collect(bytes(3, 50), { maxBytes: 149 })
    expect([statusOf(body), budget.bytes]).toEqual([413, 0])
    expect(collect(bytes(3, 50), { maxBytes: 150 }).body).toHaveLength(150)
  })

  it('refuses a body in shreds, each of which costs more than it holds', () => {
    const { body, budget } = collect(bytes(1_100, 1))
    expect([statusOf(body), budget.bytes]).toEqual([400, 0])
    expect(collect(bytes(1_100, 64)).body).toHaveLength(1_100 * 64)
  })

  it('refuses a body while others fill the budget, and takes no part of it afterwards', () => {
    const { body, budget } = collect(bytes(2, 60), { budgetBytes: 1_000, inUse: 900 })
    expect([statusOf(body), budget.bytes]).toEqual([503, 900])
  })

  it('fails as the request does, and gives the budget back', () => {
    const { body, budget } = collect([Buffer.from('ab'), new Error('gone')], { inUse: 5 })
    expect([body, budget.bytes]).toEqual([new Error('gone'), 5])
  })

  it('refuses the largest of all bodies when they fill the budget, and so lets small ones through', () => {
    const budget = createBodyBudget(1_000)
    const [large, largest, small] = [400, 500, 150].map((size) => {
      const body = begin({ maxBytes: 10_000, budget })
      body.sink.chunk(Buffer.alloc(size))
      return body
    })
    expect(largest?.told.map(statusOf)).toEqual([503])
    expect([budget.bytes, budget.reading.size]).toEqual([550, 2])
    largest?.sink.chunk(Buffer.alloc(5_000))
    for (const body of [large, largest, small]) body?.sink.end()
    largest?.sink.fail(new Error('gone'))
    expect([large, largest, small].map((body) => body?.told.length)).toEqual([1, 1, 1])
    expect([large?.told[0], small?.told[0]]).toEqual([Buffer.alloc(400), Buffer.alloc(150)])
    expect([budget.bytes, budget.reading.size]).toEqual([0, 0])
  })
})
