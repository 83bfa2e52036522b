import { readConfig } from '@murmuration/config'
import { applyTopology, createKafka, createTopicNames, differs, inspectTopology, toTopology } from '@murmuration/kafka'
import { silentLogger } from '@murmuration/observability'
import type { Command, CommandIo, Commands } from './command.ts'
import type { CommandArgs, CommandOption } from './command-args.ts'
import { topicSettings } from './config.ts'
import { readTopologyOptions } from './topics-file.ts'
import { renderChange, renderPlan } from './topics-text.ts'

const FILE: CommandOption = { name: '--file', value: 'FILE', about: 'what deviates from the catalog here, YAML' }
const ENVIRONMENT = `Environment: ${Object.keys(topicSettings).join(', ')}`

/** `murmur topics plan`: what `apply` would do. */
const planTopics: Command = {
  usage: `murmur topics plan [--check] [--file FILE]

Compares the cluster's topics with the catalog: partitions, copies, settings. Changes nothing.

${ENVIRONMENT}`,
  options: [{ name: '--check', about: 'end with 1 where something differs' }, FILE],
  async run({ env }, args) {
    const { kafka, ...input } = prepare(env, args)
    const plan = await inspectTopology(kafka, input)
    return { text: renderPlan(plan), json: plan, failed: args.flags.has('--check') && differs(plan) }
  },
}

/** `murmur topics apply`: makes the topics as the catalog asks for. */
const applyTopics: Command = {
  usage: `murmur topics apply [--file FILE] [--allow-data-loss]

Creates the topics of the catalog that are missing, with their retry and dead-letter topics, and changes settings that
differ. Deletes no topic. Refuses another partition count or number of copies, and then changes nothing: docs/topics.md.
Safe to repeat, and to run twice at once.

${ENVIRONMENT}`,
  options: [FILE, { name: '--allow-data-loss', about: 'also where records are deleted or refused by it' }],
  async run({ env, err }, args) {
    const { kafka, wanted } = prepare(env, args)
    const applied = await applyTopology(kafka, wanted, {
      allowDataLoss: args.flags.has('--allow-data-loss'),
      onChanged: (change) => err(`${renderChange(change).join('\n')}\n`),
    })
    const { created, changed, existing } = applied
    const text = `topics: ${created.length} created, ${changed.length} changed, ${existing.length} as they should be`
    return { text, json: applied }
  },
}

/** Commands of `murmur topics`. */
export const topicsCommands: Commands = { plan: planTopics, apply: applyTopics }

function prepare(env: CommandIo['env'], args: CommandArgs) {
  const config = readConfig(topicSettings, env)
  const defaults = {
    replicationFactor: config.TOPIC_REPLICATION_FACTOR,
    minInsyncReplicas: config.TOPIC_MIN_INSYNC_REPLICAS,
  }
  const names = createTopicNames(config.KAFKA_TOPIC_PREFIX)
  return {
    kafka: createKafka({ brokers: config.KAFKA_BROKERS, clientId: 'murmur', logger: silentLogger }),
    wanted: toTopology(names, readTopologyOptions(defaults, { file: args.values.get('--file') })),
    names,
  }
}
