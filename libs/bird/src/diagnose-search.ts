import type { Finding, Variant } from './diagnose-finding.ts'

/** For each input of a signature, the forms that it may have had. */
export type Axes<T> = { readonly [K in keyof T]: readonly Variant<T[K]>[] }

/** How many more HMACs may be computed. Shared by the steps of one diagnosis. */
export interface Budget {
  /** Takes `count` and says whether that many were left. */
  spend(count: number): boolean
  /** A budget inside of this one: no more than `share` (0 to 1) of what is left. */
  part(share: number): Budget
  readonly spent: number
}

/** @param spendMore asked before anything is spent: the budget that this one is a part of, or who wants to know */
export function createBudget(max: number, spendMore: (count: number) => boolean = () => true): Budget {
  let spent = 0
  const spend = (count: number) => {
    if (spent + count > max || !spendMore(count)) return false
    spent += count
    return true
  }
  return {
    spend,
    part: (share) => createBudget(Math.floor((max - spent) * share), spend),
    get spent() {
      return spent
    },
  }
}

export interface SearchInput<T> {
  /** Fewest and most deviations that an explanation may have. */
  readonly deviations: readonly [number, number]
  readonly budget: Budget
  /** HMACs that one combination counts as; 1 where it is not given. */
  readonly costOf?: (values: T) => number
  /** Findings of a signature that holds for these values (none: as expected), or null where none does. One HMAC. */
  readonly match: (values: T) => readonly Finding[] | null
}

/**
 * The simplest explanation: the combination with the fewest deviations whose signature holds, or null.
 *
 * With equally many, the first forms of every axis come before the later forms of any, so that a small budget is spent
 * on the likeliest ones. Combinations are made one by one: there may be millions, of which the budget allows a few.
 */
export function searchVariants<T extends object>(axes: Axes<T>, input: SearchInput<T>): Variant<T> | null {
  const names = Object.keys(axes) as (keyof T)[]
  const [fewest, most] = input.deviations
  for (let weight = fewest; weight <= most; weight += 1) {
    for (const chosen of combinations(
      names.map((name) => byWeight(axes[name])),
      weight,
    )) {
      const values = Object.fromEntries(names.map((name, at) => [name, chosen[at]?.value])) as T
      const cost = input.costOf?.(values) ?? 1
      if (!input.budget.spend(cost)) {
        // Too dear; a cheaper one may come.
        if (cost > 1) continue
        return null
      }
      const found = input.match(values)
      if (found !== null) return { value: values, findings: [...chosen.flatMap(({ findings }) => findings), ...found] }
    }
  }
  return null
}

type Forms = readonly Variant<unknown>[]

function byWeight(variants: Forms): ReadonlyMap<number, Forms> {
  return Map.groupBy(variants, ({ weight, findings }) => weight ?? findings.length)
}

/** Every choice of one form per axis that has `weight` deviations together, by the sum of their places. */
function* combinations(axes: readonly ReadonlyMap<number, Forms>[], weight: number): Generator<Forms> {
  const splits = splitWeight(axes, weight).map((lists) => ({ lists, room: roomIn(lists, 0) }))
  const last = Math.max(-1, ...splits.map(({ room }) => room))
  for (let rank = 0; rank <= last; rank += 1) {
    for (const { lists, room } of splits) if (rank <= room) yield* choose(lists, rank)
  }
}

/** The ways to share `weight` among the axes, each as the forms that every axis has of its part. */
function splitWeight(axes: readonly ReadonlyMap<number, Forms>[], weight: number): readonly (readonly Forms[])[] {
  const [axis, ...others] = axes
  if (axis === undefined) return weight === 0 ? [[]] : []
  const parts = [...axis].filter(([own]) => own <= weight).sort(([a], [b]) => a - b)
  return parts.flatMap(([own, forms]) => splitWeight(others, weight - own).map((rest) => [forms, ...rest]))
}

/** One form of each list, whose places sum up to `rank`; never more than there is room for. */
function* choose(lists: readonly Forms[], rank: number, at = 0): Generator<Forms> {
  const forms = lists[at]
  if (forms === undefined) return yield []
  const most = Math.min(rank, forms.length - 1)
  for (let place = Math.max(0, rank - roomIn(lists, at + 1)); place <= most; place += 1) {
    const form = forms[place]
    if (form !== undefined) for (const rest of choose(lists, rank - place, at + 1)) yield [form, ...rest]
  }
}

/** Largest sum of places from list `from` on. */
function roomIn(lists: readonly Forms[], from: number): number {
  return lists.slice(from).reduce((sum, forms) => sum + forms.length - 1, 0)
}
