import fc from 'fast-check'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { createCounter, createGauge, createHistogram } from './tally.ts'

const row = { name: 'thing', help: 'A "thing"\\ of\ntwo labels.', labels: ['first', 'second'] }
const buckets = [0.5, 1, 2.5]
const common = { name: row.name, help: row.help, labelNames: row.labels }

/** Values that hold what an exposition must escape, and pairs that are told apart only by where they are parted. */
const text = fc.constantFrom('', 'a', 'aa', '1:a', 'a"b', 'back\\slash', 'new\nline', 'ü')
const step = fc.record({
  labels: fc.record({ first: text, second: text }),
  value: fc.oneof(fc.constantFrom(0, 0.5, 1, 2.5), fc.double({ min: 0, max: 4, noNaN: true })),
  what: fc.constantFrom('add', 'add', 'add', 'remove', 'expose'),
})

const pairs = {
  counter: (ours: Registry, theirs: Registry) => {
    const peer = new Counter({ ...common, registers: [theirs] })
    return { tally: createCounter(row, ours), peer, add: peer.inc.bind(peer) }
  },
  gauge: (ours: Registry, theirs: Registry) => {
    const peer = new Gauge({ ...common, registers: [theirs] })
    return { tally: createGauge(row, ours), peer, add: peer.set.bind(peer) }
  },
  histogram: (ours: Registry, theirs: Registry) => {
    const peer = new Histogram({ ...common, buckets, registers: [theirs] })
    return { tally: createHistogram({ ...row, buckets }, ours), peer, add: peer.observe.bind(peer) }
  },
}

const noFinite = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

describe.each(Object.entries(pairs))('a tally of a %s', (kind, create) => {
  it('shows what prom-client shows of the same numbers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const [ours, theirs] = [new Registry(), new Registry()]
        const { tally, peer, add } = create(ours, theirs)
        for (const { what, labels, value } of steps) {
          if (what === 'expose') await ours.metrics()
          if (what === 'remove') {
            tally.remove(labels)
            peer.remove(labels)
          }
          if (what !== 'add') continue
          tally.add(labels, kind === 'counter' ? Math.round(value) : value)
          add(labels, kind === 'counter' ? Math.round(value) : value)
        }
        expect(linesOf(await ours.metrics())).toEqual(linesOf(await theirs.metrics()))
      }),
    )
  })

  it.each(noFinite)('takes or refuses %s as prom-client does, and keeps what it had', async (value) => {
    const [ours, theirs] = [new Registry(), new Registry()]
    const { tally, add } = create(ours, theirs)
    const labels = { first: 'a', second: 'b' }
    for (const each of [1, value]) {
      // prom-client's counter takes NaN, and shows nothing else ever after.
      const isPoison = kind === 'counter' && Number.isNaN(each)
      const theirEnd = isPoison || throws(() => add(labels, each))
      expect(throws(() => tally.add(labels, each))).toBe(theirEnd)
    }
    expect(linesOf(await ours.metrics())).toEqual(linesOf(await theirs.metrics()))
  })
})

it('does not let a counter fall', () => {
  const counter = createCounter(row, new Registry())
  expect(() => counter.add({ first: 'a', second: 'b' }, -1)).toThrow('thing')
})

function throws(act: () => void): boolean {
  try {
    act()
    return false
  } catch {
    return true
  }
}

/** Sorted, since no order of series is promised. */
function linesOf(exposition: string): readonly string[] {
  return exposition.split('\n').sort()
}
