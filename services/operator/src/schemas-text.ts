import { COMPATIBILITY, type SchemaReport, type SubjectDiff, type SubjectState } from '@murmuration/avro'

/** The report of a check for people: every problem, then what is still to be released. */
export function renderReport(report: SchemaReport): string {
  const { problems } = report
  const lines = problems.map(({ message }) => `- ${message}`)
  const sum = problems.length === 0 ? 'schemas: no problem' : `schemas: ${count(problems.length, 'problem')}`
  return [...lines, sum, ...renderUnreleased(report)].join('\n')
}

/** Says which fields the next release takes away. */
export function renderDropped({ dropped }: Pick<SchemaReport, 'dropped'>): readonly string[] {
  return dropped.map(
    (field) =>
      `${field} goes: every reader gets its default from then on. If you want another name, keep it and write both.`,
  )
}

/** Says which schemas nobody has released yet, and what they take away; nothing where all are released. */
export function renderUnreleased(report: Pick<SchemaReport, 'unreleased' | 'dropped'>): readonly string[] {
  const { unreleased } = report
  if (unreleased.length === 0) return []
  return [
    ...renderDropped(report),
    `not released yet: ${unreleased.join(', ')}. Before you push to a shared registry: murmur schemas release`,
  ]
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
