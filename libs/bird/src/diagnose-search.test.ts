import { describe, expect, it } from 'vitest'
import { expected, finding, type Variant } from './diagnose-finding.ts'
import { createBudget, searchVariants } from './diagnose-search.ts'

interface Pair {
  readonly a: number
  readonly b: number
}

const deviating = (value: number): Variant<number> => ({ value, findings: [finding('unknown', String(value))] })
const axes = { a: [expected(0), ...[1, 2, 3].map(deviating)], b: [expected(0), ...[1, 2, 3].map(deviating)] }

function search(max: number, most: number, isRight: (pair: Pair) => boolean) {
  const tried: string[] = []
  const budget = createBudget(max)
  const match = (pair: Pair) => {
    tried.push(`${pair.a}${pair.b}`)
    return isRight(pair) ? [] : null
  }
  return { found: searchVariants<Pair>(axes, { deviations: [0, most], budget, match }), tried, spent: budget.spent }
}

describe('searchVariants', () => {
  it('tries what is expected, then single deviations in turn, then pairs', () => {
    const { found, tried } = search(100, 2, () => false)
    expect(found).toBeNull()
    expect(tried).toHaveLength(16)
    expect(tried.slice(0, 7)).toEqual(['00', '01', '10', '02', '20', '03', '30'])
    expect(tried[7]).toBe('11')
  })

  it('finds the simplest explanation, where several hold', () => {
    const { found } = search(100, 2, ({ a, b }) => a === 3 || (a === 1 && b === 1))
    expect(found?.value).toEqual({ a: 3, b: 0 })
  })

  it('tries no pair where one finding is the most', () => {
    expect(search(100, 1, ({ a, b }) => a === 1 && b === 1)).toMatchObject({ found: null, spent: 7 })
  })

  it('begins with the fewest deviations that are asked for', () => {
    const { found } = search(100, 2, () => true)
    expect(found?.findings).toHaveLength(0)
    const input = { deviations: [1, 2], budget: createBudget(9), match: () => [] } as const
    expect(searchVariants<Pair>(axes, input)?.value).toEqual({ a: 0, b: 1 })
  })

  it('makes no combination that it does not try', () => {
    const many = [expected(0), ...Array.from({ length: 100_000 }, (_, at) => deviating(at + 1))]
    const startMs = performance.now()
    const input = { deviations: [2, 2], budget: createBudget(5), match: () => null } as const
    expect(searchVariants<Pair>({ a: many, b: many }, input)).toBeNull()
    expect(performance.now() - startMs).toBeLessThan(1_000)
  })

  it('takes a weight for the number of deviations', () => {
    const heavy = { a: [expected(0), { ...deviating(1), weight: 2 }], b: [expected(0), deviating(1)] }
    const input = {
      deviations: [0, 1],
      budget: createBudget(9),
      match: ({ a }: Pair) => (a === 1 ? [] : null),
    } as const
    expect(searchVariants<Pair>(heavy, input)).toBeNull()
    expect(searchVariants<Pair>(heavy, { ...input, deviations: [0, 2] })?.value).toEqual({ a: 1, b: 0 })
  })

  it('passes over what is too dear for the budget, and tries what is cheaper', () => {
    const tried: number[] = []
    const found = searchVariants<Pair>(axes, {
      deviations: [0, 1],
      budget: createBudget(4),
      costOf: ({ a }) => (a === 0 ? 1 : 100),
      match: ({ a, b }) => {
        tried.push(a)
        return b === 3 ? [] : null
      },
    })
    expect(found?.value).toEqual({ a: 0, b: 3 })
    expect(tried).toEqual([0, 0, 0, 0])
  })

  it('gives a part no more than its share, and takes it from the whole', () => {
    const budget = createBudget(10)
    const part = budget.part(1 / 2)
    expect([part.spend(5), part.spend(1), budget.spend(6), budget.spend(5)]).toEqual([true, false, false, true])
  })

  it('stops at the budget', () => {
    expect(search(5, 2, ({ a }) => a === 3)).toMatchObject({ found: null, spent: 5 })
  })
})
