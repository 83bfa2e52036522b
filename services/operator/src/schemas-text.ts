import { COMPATIBILITY, type SchemaReport, type SubjectDiff, type SubjectState } from '@murmuration/avro'

/** The report of a check for people: every problem, then what is still to be released. */
export function renderReport({ problems, unreleased }: SchemaReport): string {
  const lines = problems.map(({ message }) => `- ${message}`)
  const sum = problems.length === 0 ? 'schemas: no problem' : `schemas: ${count(problems.length, 'problem')}`
  return [...lines, sum, ...renderUnreleased(unreleased)].join('\n')
}

/** Says which schemas nobody has released yet; nothing where all are. */
export function renderUnreleased(unreleased: readonly string[]): readonly string[] {
  if (unreleased.length === 0) return []
  return [`not released yet: ${unreleased.join(', ')}. Before you push to a shared registry: murmur schemas release`]
}

const STATES: Readonly<Record<SubjectState, (diff: SubjectDiff) => string>> = {
  same: ({ latest }) => `same as version ${latest}`,
  missing: () => 'missing; push creates it',
  new: ({ latest }) => `differs from version ${latest}; push adds a version`,
  ahead: ({ latest, ours }) => `registry is ahead: version ${latest}, and this checkout is version ${ours}`,
  diverged: ({ latest }) => `version ${latest} is no release that this checkout knows; update it before you push`,
}

/** One line per subject, then the sum. */
export function renderDiff(diffs: readonly SubjectDiff[]): string {
  const width = Math.max(...diffs.map(({ subject }) => subject.length))
  const lines = diffs.map((diff) => {
    const wrong = diff.compatibility !== null && diff.compatibility !== COMPATIBILITY
    const level = wrong ? `; compatibility is ${diff.compatibility}, push sets ${COMPATIBILITY}` : ''
    return `${diff.subject.padEnd(width)}  ${STATES[diff.state](diff)}${level}`
  })
  const same = diffs.filter(({ state }) => state === 'same').length
  return [...lines, `${count(diffs.length, 'subject')}, ${same} the same`].join('\n')
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
