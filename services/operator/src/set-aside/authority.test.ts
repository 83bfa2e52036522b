import { ConfigInvalidError } from '@murmuration/config'
import { createTopicNames } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import { parseAuthority } from './authority.ts'
import { chooseLanes, settingAside } from './choose-consumers.ts'
import { parseSelection } from './selection.ts'
import { NOW } from './set-aside.fixture.ts'

function parse(given: Readonly<Record<string, string>>, ...flags: readonly string[]) {
  const args = { values: new Map(Object.entries(given)), flags: new Set(flags), operands: [] }
  const io = { now: () => NOW, user: () => 'olga@desk' }
  return parseAuthority(args, { selection: parseSelection(args, NOW), io })
}
const problemsOf = (run: () => unknown): readonly string[] => {
  try {
    run()
    return []
  } catch (error) {
    if (error instanceof ConfigInvalidError) return error.problems
    throw error
  }
}
const full = { '--consumer': 'crm-sync.postgres', '--because': ' mended ', '--key': 'anna' }

describe('parseAuthority', () => {
  it('takes who runs the command, unless somebody is named', () => {
    expect(parse(full)).toEqual({ actor: 'olga@desk', reason: 'mended', occurredAt: NOW, dryRun: false })
    expect(parse({ ...full, '--by': 'otto' }).actor).toBe('otto')
  })

  it('wants a reason, a consumer and a filter, and says all of it at once', () => {
    const problems = problemsOf(() => parse({ '--by': ' ' }))
    expect(problems.map((problem) => problem.split(/[ :]/)[0])).toEqual(['--because', '--by', '--consumer', 'no'])
  })

  it('takes --all for a filter, and a dry run without a reason', () => {
    expect(parse({ '--consumer': 'crm-sync.postgres' }, '--all', '--dry-run').dryRun).toBe(true)
  })
})

describe('chooseLanes', () => {
  const names = createTopicNames('p.')

  it('finds the topics of a consumer, and the order that it keeps', () => {
    const [lane] = chooseLanes('media-processor', names)
    expect(lane).toMatchObject({ order: 'none', retryTopic: `${lane?.mainTopic}.media-processor.retry` })
    expect(new Set(chooseLanes('crm-sync.postgres', names).map(({ order }) => order))).toEqual(new Set(['key']))
    expect(settingAside).toContain('media-processor')
    expect(settingAside).not.toContain('audit-log')
    expect(new Set(chooseLanes(undefined, names).map(({ consumer }) => consumer))).toEqual(new Set(settingAside))
  })

  it.each([
    ['crm-sync', 'is no consumer of the catalog'],
    ['audit-log', 'sets nothing aside: it stops'],
  ])('refuses %s and says which there are', (consumer, why) => {
    expect(problemsOf(() => chooseLanes(consumer, names))).toEqual([
      `--consumer ${consumer}: ${why}. There are: ${settingAside.join(', ')}`,
    ])
  })
})
