import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PartitionRules } from '../rules.ts'
import { play } from './play.ts'
import { createWorld, type ShellRules } from './world.ts'

/** 20,000 in every run; `MODEL_SEEDS=200000` for a long one. */
const histories = Number(process.env.MODEL_SEEDS ?? 20_000)

const scripts = fc.record({
  leanings: fc.nat(3 ** 8),
  choices: fc.array(fc.nat(1_000_000), { minLength: 20, maxLength: 140, size: 'max' }),
})

type Off = Parameters<typeof createWorld>[0]

describe('the partition model', () => {
  it.each([1, 3])(
    'keeps the contract through crashes, zombies and operators when a call takes up to %i records',
    { timeout: 1_200_000 },
    (fold) => {
      const seed = Number(process.env.MODEL_SEED ?? 1)
      fc.assert(
        fc.property(scripts, (script) => play(createWorld({ fold }), script)),
        { numRuns: histories / 2, seed },
      )
    },
  )
})

/** A seed with which a history breaks soon without the rule. */
const rulesOff: Record<keyof PartitionRules, { readonly rules: Partial<PartitionRules>; readonly seed: number }> = {
  remembersKey: { rules: { remembersKey: () => false }, seed: 12 },
  isSettledByRetry: { rules: { isSettledByRetry: () => false }, seed: 1 },
  settlesEarlier: { rules: { settlesEarlier: () => false }, seed: 1 },
  copiesWereRead: { rules: { copiesWereRead: () => true }, seed: 9 },
  isStranger: { rules: { isStranger: () => false }, seed: 1 },
  isCopy: { rules: { isCopy: () => false }, seed: 2 },
  retryWasRead: { rules: { retryWasRead: () => true }, seed: 1 },
  isExempt: { rules: { isExempt: () => false }, seed: 5 },
  settlesOnAck: { rules: { settlesOnAck: () => false }, seed: 1 },
}

const shellOff: Record<keyof ShellRules, number> = {
  oneCommit: 1,
  doneRanges: 1,
  carryOver: 3,
  lease: 1,
  serialAppends: 1,
  stopsAtGap: 1,
}

describe('the model finds a history that breaks without', () => {
  it.each(Object.entries(rulesOff))('rule %s', { timeout: 120_000 }, (_, { rules, seed }) => {
    expect(breaks({ rules }, seed)).toBe(true)
  })
  it.each(Object.entries(shellOff))('what the shell guarantees: %s', { timeout: 120_000 }, (rule, seed) => {
    expect(breaks({ shell: { [rule]: false } }, seed)).toBe(true)
  })
})

function breaks(off: Off, seed: number): boolean {
  const property = fc.property(scripts, (script) => play(createWorld(off), script))
  return fc.check(property, { numRuns: 100_000, seed, endOnFailure: true }).failed
}
