import {
  checkSchemas,
  createRegistryHttp,
  createRegistrySubjects,
  diffSchemas,
  planReleases,
  pushSchemas,
  writeReleases,
} from '@murmuration/avro'
import { type ConfigOf, readConfig, toRegistryAccess } from '@murmuration/config'
import { loadSchemaFiles, type SchemaFiles, schemasFolder } from '@murmuration/schemas'
import type { Command, CommandIo, CommandResult, Commands } from './command.ts'
import { schemaSettings } from './config.ts'
import { renderDiff, renderDropped, renderReport, renderUnreleased } from './schemas-text.ts'

/** A comparison that takes longer says how far it is, this often, ms. */
const PROGRESS_EVERY_MS = 2_000
const ENVIRONMENT = `Environment: ${Object.keys(schemaSettings).join(', ')}`

/** `murmur schemas check`: what can be known without a registry. */
const checkAllSchemas: Command = {
  usage: `murmur schemas check

Checks the schemas of this checkout, without a registry, and tells every problem at once: releases are as they were
released; current schemas and all releases read each other (FULL_TRANSITIVE); the schemas of teams under
schemas/readers/ can read all of them; every field has a doc. Ends with 1 where something is wrong.`,
  async run() {
    const report = checkSchemas(loadSchemaFiles())
    return { text: renderReport(report), json: report, failed: report.problems.length > 0 }
  },
}

/** `murmur schemas release`: freezes the current schemas. */
const releaseSchemas: Command = {
  usage: `murmur schemas release

Freezes each current schema that differs from its last release as the next one: schemas/<record>/released/<n>.avsc, and
its fingerprint in schemas/released.lock.json. Commit both. Does nothing where the check finds a problem.`,
  async run() {
    const files = loadSchemaFiles()
    const refused = refuseProblems(files)
    if (refused !== undefined) return refused
    const planned = planReleases(files)
    if (planned.length > 0) writeReleases(schemasFolder, planned, files.lock)
    const lines = [
      ...renderDropped(checkSchemas(files)),
      ...planned.map(({ record, release }) => `${record} is released as ${release}`),
    ]
    const json = planned.map(({ record, release, path, fingerprint }) => ({ record, release, path, fingerprint }))
    return { text: lines.join('\n') || 'every schema is released', json }
  },
}

/** `murmur schemas diff`: the registry against this checkout. */
const diffAllSchemas: Command = {
  usage: `murmur schemas diff

Compares the registry's subjects with the schemas of this checkout, and tells what a push would do. Changes nothing.

${ENVIRONMENT}`,
  run: (io) => diff(io, readConfig(schemaSettings, io.env)),
}

/** `murmur schemas push`: registers the catalog's schemas. */
const pushAllSchemas: Command = {
  usage: `murmur schemas push [--dry-run]

Checks the schemas as \`murmur schemas check\` does, then registers each under <topic>-value, with compatibility
FULL_TRANSITIVE. Safe to repeat. Services never register: run this before they start.

${ENVIRONMENT}`,
  options: [{ name: '--dry-run', about: 'check, and compare with the registry instead: murmur schemas diff' }],
  async run(io, { flags }) {
    const config = readConfig(schemaSettings, io.env)
    const files = loadSchemaFiles()
    const refused = refuseProblems(files)
    if (refused !== undefined) return refused
    for (const line of renderUnreleased(checkSchemas(files))) io.err(`${line}\n`)
    if (flags.has('--dry-run')) return diff(io, config)
    const pushed = await pushSchemas({ ...toRegistryAccess(config), topicPrefix: config.KAFKA_TOPIC_PREFIX })
    const text = pushed.map(({ subject, schemaId }) => `${subject} is schema ${schemaId}`).join('\n')
    return { text, json: pushed }
  },
}

/** Commands of `murmur schemas`. */
export const schemasCommands: Commands = {
  check: checkAllSchemas,
  release: releaseSchemas,
  diff: diffAllSchemas,
  push: pushAllSchemas,
}

type SchemaConfig = ConfigOf<typeof schemaSettings>

function refuseProblems(files: SchemaFiles): CommandResult | undefined {
  const report = checkSchemas(files)
  return report.problems.length === 0 ? undefined : { text: renderReport(report), json: report, failed: true }
}

async function diff(io: CommandIo, config: SchemaConfig): Promise<CommandResult> {
  let progress = 'asking the registry'
  const timer = setInterval(() => io.err(`${progress} …\n`), PROGRESS_EVERY_MS)
  try {
    const diffs = await diffSchemas(
      createRegistrySubjects(createRegistryHttp(toRegistryAccess(config))),
      loadSchemaFiles(),
      {
        topicPrefix: config.KAFKA_TOPIC_PREFIX,
        onProgress: (done, total) => {
          progress = `${done} of ${total} subjects compared`
        },
      },
    )
    return { text: renderDiff(diffs), json: diffs }
  } finally {
    clearInterval(timer)
  }
}
