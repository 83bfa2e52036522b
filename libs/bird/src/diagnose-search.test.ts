import { describe, expect, it } from 'vitest'
import { expected, finding, type Variant } from './diagnose-finding.ts'
import { createBudget, searchVariants } from './diagnose-search.ts'

interface Pair {
  readonly a: number
  readonly b: number
}

const deviating = (value: number): Variant<number> => ({ value, findings: [finding('unknown', String(value))] })
const axes = { a: [expected(0), ...[1, 2, 3].map(deviating)], b: [expected(0), ...[1, 2, 3].map(deviating)] }

function search(max: number, maxFindings: number, isRight: (pair: Pair) => boolean) {
  const tried: string[] = []
  const budget = createBudget(max)
  const match = (pair: Pair) => {
    tried.push(`${pair.a}${pair.b}`)
    return isRight(pair) ? [] : null
  }
  return { found: searchVariants<Pair>(axes, { maxFindings, budget, match }), tried, spent: budget.spent }
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

  it('stops at the budget', () => {
    expect(search(5, 2, ({ a }) => a === 3)).toMatchObject({ found: null, spent: 5 })
  })
})
