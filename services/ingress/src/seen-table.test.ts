import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fingerprintOf } from './fingerprint.ts'
import { createSeenTable, toSeenKey } from './seen-table.ts'

/** The same, as anybody would write it who had memory to spare. */
function createModel(capacity: number) {
  let entries: { readonly id: string; readonly content: string; readonly body: string }[] = []
  return {
    find: (id: string, content: string) => {
      const same = entries.filter((entry) => entry.id === id)
      if (same.some((entry) => entry.content === content)) return 'same'
      return same.length > 0 ? 'other' : 'none'
    },
    cameIn: (id: string, content: string, body: string) =>
      entries.some((entry) => entry.id === id && entry.content === content && entry.body === body),
    add: (id: string, content: string, body = '') => {
      entries = capacity === 0 ? [] : [...entries, { id, content, body }].slice(-capacity)
    },
    size: () => entries.length,
  }
}

describe('createSeenTable', () => {
  it('answers as a list of the last entries would, whatever is added in whatever order', () => {
    const bodies = ['x', 'y']
    const operation = fc.record({
      id: fc.nat(12).map(String),
      content: fc.constantFrom('a', 'b', 'c'),
      body: fc.constantFrom(...bodies),
    })
    fc.assert(
      fc.property(fc.nat(9), fc.array(operation, { maxLength: 200 }), (capacity, operations) => {
        const table = createSeenTable({ capacity })
        const model = createModel(capacity)
        for (const { id, content, body } of operations) {
          expect(table.find(toSeenKey(id, content))).toBe(model.find(id, content))
          if (model.find(id, content) !== 'same') {
            table.add(toSeenKey(id, content), fingerprintOf(body))
            model.add(id, content, body)
          }
          expect(table.size()).toBe(model.size())
        }
        for (let id = 0; id <= 12; id += 1) {
          for (const content of ['a', 'b', 'c']) {
            const key = toSeenKey(String(id), content)
            expect(table.find(key)).toBe(model.find(String(id), content))
            expect(bodies.map((body) => table.cameIn(key, fingerprintOf(body)))).toEqual(
              bodies.map((body) => model.cameIn(String(id), content, body)),
            )
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('answers so too where contents do not count', () => {
    fc.assert(
      fc.property(fc.nat(9), fc.array(fc.nat(12).map(String), { maxLength: 200 }), (capacity, ids) => {
        const table = createSeenTable({ capacity, byIdAlone: true })
        const model = createModel(capacity)
        for (const id of ids) {
          expect(table.find(toSeenKey(id, ''))).toBe(model.find(id, ''))
          if (model.find(id, '') === 'same') continue
          table.add(toSeenKey(id, ''))
          model.add(id, '')
        }
        for (let id = 0; id <= 12; id += 1) {
          expect(table.find(toSeenKey(String(id), ''))).toBe(model.find(String(id), ''))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('remembers exactly its capacity when ten times as many went through', () => {
    const capacity = 5_000
    const table = createSeenTable({ capacity })
    const keyOf = (event: number) => toSeenKey(`1:ws:message:${event}`, `hash ${event}`)
    for (let event = 0; event < 10 * capacity; event += 1) table.add(keyOf(event))
    const found = Array.from({ length: 10 * capacity }, (_, event) => table.find(keyOf(event)))
    expect(found.filter((answer) => answer === 'same')).toHaveLength(capacity)
    expect(found.slice(-capacity).every((answer) => answer === 'same')).toBe(true)
    expect(found.slice(0, -capacity).every((answer) => answer === 'none')).toBe(true)
  })
})

describe('fingerprintOf', () => {
  it('tells a quarter of a million texts apart that differ little', () => {
    const prints = new Set<string>()
    for (let text = 0; text < 250_000; text += 1) {
      const { high, low } = fingerprintOf(`1:5cce71bc-a8f5-4201-beeb-6df0aef3cfc8:message:${text}`)
      prints.add(`${high} ${low}`)
    }
    expect(prints.size).toBe(250_000)
  })

  it('spreads the low bits, by which the table is indexed', () => {
    const counts = new Uint32Array(64)
    for (let text = 0; text < 64_000; text += 1) {
      const slot = fingerprintOf(`event ${text}`).low & 63
      counts[slot] = (counts[slot] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(200)
  })
})
