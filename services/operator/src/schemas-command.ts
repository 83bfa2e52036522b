import { pushSchemas } from '@murmuration/avro'
import { readConfig } from '@murmuration/config'
import type { Command } from './command.ts'
import { schemaSettings } from './config.ts'

/** A registry that has not answered by then is away, ms. */
const TIMEOUT_MS = 10_000

/** `murmur schemas push`: registers the catalog's schemas. */
export const pushAllSchemas: Command = {
  usage: `murmur schemas push [--json]

Registers every schema of the catalog under <topic>-value, with compatibility FULL_TRANSITIVE.
Safe to repeat. Services never register: run this before they start.

Environment: ${Object.keys(schemaSettings).join(', ')}`,
  async run({ env }) {
    const config = readConfig(schemaSettings, env)
    const pushed = await pushSchemas({
      url: config.SCHEMA_REGISTRY_URL,
      topicPrefix: config.KAFKA_TOPIC_PREFIX,
      timeoutMs: TIMEOUT_MS,
    })
    const text = pushed.map(({ subject, schemaId }) => `${subject} is schema ${schemaId}`).join('\n')
    return { text, json: pushed }
  },
}
