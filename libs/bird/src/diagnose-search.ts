import type { Finding, Variant } from './diagnose-finding.ts'

/** For each input of a signature, the forms that it may have had. */
export type Axes<T> = { readonly [K in keyof T]: readonly Variant<T[K]>[] }

/** How many more HMACs may be computed. Shared by the steps of one diagnosis. */
export interface Budget {
  /** Takes `count` and says whether that many were left. */
  spend(count: number): boolean
  readonly spent: number
}

export function createBudget(max: number): Budget {
  let spent = 0
  return {
    spend(count) {
      if (spent + count > max) return false
      spent += count
      return true
    },
    get spent() {
      return spent
    },
  }
}

export interface SearchInput<T> {
  /** Most findings that an explanation may have. */
  readonly maxFindings: number
  readonly budget: Budget
  /** HMACs that one combination counts as; 1 where it is not given. */
  readonly costOf?: (values: T) => number
  /** Findings of a signature that holds for these values (none: as expected), or null where none does. One HMAC. */
  readonly match: (values: T) => readonly Finding[] | null
}

/**
 * The simplest explanation: the combination with the fewest findings whose signature holds, or null.
 *
 * With equally many findings, the first forms of every axis come before the later forms of any, so that a small budget
 * is spent on the likeliest ones.
 */
export function searchVariants<T extends object>(axes: Axes<T>, input: SearchInput<T>): Variant<T> | null {
  const names = Object.keys(axes) as (keyof T)[]
  for (let weight = 0; weight <= input.maxFindings; weight += 1) {
    const combinations = combine(axes, names, weight).sort((a, b) => a.rank - b.rank)
    for (const { chosen } of combinations) {
      const values = Object.fromEntries(names.map((name, at) => [name, chosen[at]?.value])) as T
      if (!input.budget.spend(input.costOf?.(values) ?? 1)) return null
      const found = input.match(values)
      if (found !== null) return { value: values, findings: [...chosen.flatMap(({ findings }) => findings), ...found] }
    }
  }
  return null
}

interface Combination {
  readonly chosen: readonly Variant<unknown>[]
  readonly rank: number
}

/** Every choice of one form per axis that has `weight` findings together. */
function combine<T>(axes: Axes<T>, names: readonly (keyof T)[], weight: number): Combination[] {
  let partial: (Combination & { readonly left: number })[] = [{ chosen: [], rank: 0, left: weight }]
  for (const name of names) {
    const options = rankByWeight(axes[name])
    partial = partial.flatMap(({ chosen, rank, left }) =>
      options.flatMap((option) => {
        const weightOfOption = option.variant.findings.length
        if (weightOfOption > left) return []
        return [{ chosen: [...chosen, option.variant], rank: rank + option.rank, left: left - weightOfOption }]
      }),
    )
  }
  return partial.filter(({ left }) => left === 0)
}

/** Each form with its place among those of the same number of findings. */
function rankByWeight(variants: readonly Variant<unknown>[]): { variant: Variant<unknown>; rank: number }[] {
  const seen = new Map<number, number>()
  return variants.map((variant) => {
    const rank = seen.get(variant.findings.length) ?? 0
    seen.set(variant.findings.length, rank + 1)
    return { variant, rank }
  })
}
