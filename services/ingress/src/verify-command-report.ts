import type { Diagnosis } from '@murmuration/bird'

/** What is told besides the diagnosis. */
export interface ReportInput {
  /** How the source was chosen. */
  readonly chosenBy: 'name' | 'path' | 'trying'
  /** Path of the request that no source has: the ingress answers 404. */
  readonly unknownPath: string | undefined
}

/** The diagnosis for people: a verdict, then a line for each finding. */
export function toReport(diagnosis: Diagnosis, { chosenBy, unknownPath }: ReportInput): string {
  const { verdict, source, keyId, reason, findings } = diagnosis
  const how = { name: '', path: ', which the path of the request names', trying: '' }[chosenBy]
  const key = keyId === null ? '' : `, key ${keyId}`
  const head =
    verdict === 'accepted' ? `accepted by source ${source}${key}${how}` : `refused by source ${source}${how}: ${reason}`
  const width = Math.max(0, ...findings.map(({ what }) => what.length))
  const lines = findings.map(({ what, detail }) => `  ${what.padEnd(width)}  ${detail}`)
  const lost = unknownPath === undefined ? [] : [`  no source has the path ${unknownPath}: the ingress answers 404`]
  return [head, ...lines, ...lost].map(printable).join('\n')
}

/** A captured header may hold what moves a terminal's cursor. */
function printable(line: string): string {
  return line.replace(/\p{Cc}/gu, '?')
}
