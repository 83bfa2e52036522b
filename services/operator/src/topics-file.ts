import { readFileSync } from 'node:fs'
import { ConfigInvalidError } from '@murmuration/config'
import type { TopicOverride, TopologyOptions } from '@murmuration/kafka'
import { catalog, recordNames } from '@murmuration/schemas'
import { parse, YAMLParseError } from 'yaml'
import { z } from 'zod'

const DAY_MS = 24 * 60 * 60_000

const overrideSchema = z.strictObject({
  partitions: z.int().min(1).max(10_000).optional(),
  retentionDays: z.number().positive().max(36_500).optional(),
  replicationFactor: z.int().min(1).max(32).optional(),
  minInsyncReplicas: z.int().min(1).max(32).optional(),
})

const topics = recordNames.map((record) => catalog[record].topic)
const fileSchema = z.strictObject({ topics: z.partialRecord(z.enum(topics), overrideSchema) })

/** Copies of each partition, and how many must acknowledge a write, where the file says nothing else. */
export type TopicDefaults = Pick<TopologyOptions, 'replicationFactor' | 'minInsyncReplicas'>

/**
 * Reads what this environment decides about its topics.
 *
 * @param input.file what deviates from the catalog, YAML; undefined: nothing does
 * @throws {ConfigInvalidError} listing every problem of the file at once
 */
export function readTopologyOptions(defaults: TopicDefaults, input: { readonly file: string | undefined }) {
  const { file } = input
  const overrides = file === undefined ? {} : parseTopicsFile(readText(file), { file })
  const problems = findCopyProblems({ ...defaults, overrides }, file)
  if (problems.length > 0) throw new ConfigInvalidError(problems)
  return { ...defaults, overrides }
}

/** Parses the text of a topics file. @throws {ConfigInvalidError} */
export function parseTopicsFile(
  text: string,
  input: { readonly file: string },
): Readonly<Record<string, TopicOverride>> {
  const parsed = fileSchema.safeParse(parseYaml(text, input.file))
  if (!parsed.success) {
    throw new ConfigInvalidError(parsed.error.issues.map((issue) => `${input.file}: ${toProblem(issue)}`))
  }
  return Object.fromEntries(
    Object.entries(parsed.data.topics).map(([topic, { retentionDays, ...rest }]) => [
      topic,
      { ...rest, ...(retentionDays === undefined ? {} : { retentionMs: Math.round(retentionDays * DAY_MS) }) },
    ]),
  )
}

function toProblem(issue: z.core.$ZodIssue): string {
  const where = issue.path.join('.')
  const atTopic = issue.path.length === 1 && issue.path[0] === 'topics'
  if (issue.code === 'unrecognized_keys' && atTopic) return `${issue.keys.join(', ')}: no topic of the catalog`
  return `${where === '' ? '' : `${where}: `}${issue.message}`
}

/** A topic that wants more acknowledgements than it has copies takes no write at all. */
function findCopyProblems({ overrides = {}, ...defaults }: TopologyOptions, file = ''): readonly string[] {
  const { replicationFactor: copies, minInsyncReplicas: inSync } = defaults
  const general =
    inSync > copies ? [`TOPIC_MIN_INSYNC_REPLICAS: ${inSync} is more than TOPIC_REPLICATION_FACTOR, ${copies}`] : []
  const own = Object.entries(overrides).flatMap(([topic, { replicationFactor, minInsyncReplicas }]) => {
    if (replicationFactor === undefined && minInsyncReplicas === undefined) return []
    const wanted = { copies: replicationFactor ?? copies, inSync: minInsyncReplicas ?? inSync }
    return wanted.inSync > wanted.copies
      ? [`${file}: topics.${topic}: minInsyncReplicas ${wanted.inSync} is more than its ${wanted.copies} copies`]
      : []
  })
  return [...general, ...own]
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigInvalidError([`--file: ${(error as Error).message}`])
  }
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error
    throw new ConfigInvalidError([`${file}: ${error.message}`])
  }
}
