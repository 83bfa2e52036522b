import type { SubjectDiff } from '@murmuration/avro'
import { describe, expect, it } from 'vitest'
import { renderDiff, renderReport } from './schemas-text.ts'

function diff(subject: string, rest: Partial<SubjectDiff>): SubjectDiff {
  return { subject, state: 'same', latest: 1, ours: 1, compatibility: 'FULL_TRANSITIVE', ...rest }
}

describe('renderDiff', () => {
  it('says of each subject what a push would do, and counts those that are the same', () => {
    const text = renderDiff([
      diff('a-value', {}),
      diff('bb-value', { state: 'missing', latest: null, ours: null, compatibility: null }),
      diff('c-value', { state: 'new', latest: 2, ours: null }),
      diff('d-value', { state: 'ahead', latest: 3, ours: 2 }),
      diff('e-value', { state: 'diverged', latest: 4, ours: null }),
      diff('f-value', { compatibility: 'NONE' }),
    ])
    expect(text.split('\n')).toEqual([
      'a-value   same as version 1',
      'bb-value  missing; push creates it',
      'c-value   differs from version 2; push adds a version',
      'd-value   registry is ahead: version 3, and this checkout is version 2',
      'e-value   version 4 is no release that this checkout knows; update it before you push',
      'f-value   same as version 1; compatibility is NONE, push sets FULL_TRANSITIVE',
      '6 subjects, 2 the same',
    ])
  })
})

describe('renderReport', () => {
  it('tells every problem, how many there are, and what waits for its release', () => {
    const problems = ['a.b was removed.', 'a.c has no doc.'].map((message) => ({
      rule: 'house' as const,
      record: 'a',
      path: 'schemas/a/v1.avsc',
      message,
    }))
    expect(renderReport({ problems, unreleased: ['a'], dropped: ['a.d'] }).split('\n')).toEqual([
      '- a.b was removed.',
      '- a.c has no doc.',
      'schemas: 2 problems',
      'a.d goes: every reader gets its default from then on. If you want another name, keep it and write both.',
      'not released yet: a. Before you push to a shared registry: murmur schemas release',
    ])
    expect(renderReport({ problems: [], unreleased: [], dropped: [] })).toBe('schemas: no problem')
  })
})
