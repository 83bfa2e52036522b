import {
  describeRefusals,
  describeSetting,
  describeValue,
  type InspectedTopology,
  type TopicChange,
} from '@murmuration/kafka'

/** A plan as a table: `+` to create, `~` to change, `!` refused, `?` unknown; and how many of each. Pure. */
export function renderPlan(plan: InspectedTopology): string {
  const { changes, refused, unchanged, unknown } = plan
  const created = changes.filter(({ kind }) => kind === 'create').length
  const counts = [
    `${created} to create`,
    `${changes.length - created} to change`,
    `${refused.length} refused`,
    `${unchanged.length} as they should be`,
  ]
  const rows = [
    ...changes.flatMap(renderChange),
    ...describeRefusals(refused).map((line) => `! ${line}`),
    ...unknown.map((topic) => `? ${topic} is not in the catalog; it is left alone`),
  ]
  return [...rows, `topics: ${counts.join(', ')}`].join('\n')
}

/** One change, a line for each setting. Pure. */
export function renderChange(change: TopicChange): readonly string[] {
  if (change.kind === 'configure') {
    return change.settings.map((setting) => `~ ${change.topic}: ${describeSetting(setting)}`)
  }
  const { topic, partitions, replicationFactor, config } = change.spec
  const settings = Object.entries(config).map(([name, value]) => `${name} ${describeValue(name, value)}`)
  return [`+ ${topic}: ${[`partitions ${partitions}`, `copies ${replicationFactor}`, ...settings].join(', ')}`]
}
