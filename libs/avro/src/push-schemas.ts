import { loadSchema, type RecordName, recordNames } from '@murmuration/schemas'
import { RegistryUnavailableError, SchemaRefusedError } from './avro-errors.ts'
import { subjectOf } from './encoder.ts'

/** What a push did with one subject. */
export interface PushedSchema {
  readonly subject: string
  readonly schemaId: number
}

type Fetch = (path: string, init: { method: string; body: string }) => Promise<{ status: number; text: string }>

/**
 * Registers every schema of the catalog; the deploy step. Safe to repeat and to run twice at once.
 *
 * The compatibility is set on the subject first: registering before it is set lets racing deployments refuse each
 * other (measured on Apicurio 3.0.9).
 * @throws {SchemaRefusedError} incompatible or invalid
 * @throws {RegistryUnavailableError}
 */
export async function pushSchemas(options: {
  readonly url: string
  readonly topicPrefix: string
  readonly timeoutMs: number
}): Promise<readonly PushedSchema[]> {
  const send = createFetch(options)
  const pushed: PushedSchema[] = []
  for (const record of recordNames) pushed.push(await pushSchema(record, options.topicPrefix, send))
  return pushed
}

async function pushSchema(record: RecordName, topicPrefix: string, send: Fetch): Promise<PushedSchema> {
  const subject = subjectOf(record, topicPrefix)
  const config = await send(`/config/${encodeURIComponent(subject)}`, {
    method: 'PUT',
    body: JSON.stringify({ compatibility: 'FULL_TRANSITIVE' }),
  })
  // 409: a neighbour's deployment set it in the same moment.
  if (config.status !== 200 && config.status !== 409) throw refused(subject, config)
  const answer = await send(`/subjects/${encodeURIComponent(subject)}/versions`, {
    method: 'POST',
    body: JSON.stringify({ schema: JSON.stringify(loadSchema(record)) }),
  })
  if (answer.status !== 200) throw refused(subject, answer)
  return { subject, schemaId: (JSON.parse(answer.text) as { id: number }).id }
}

function refused(subject: string, answer: { status: number; text: string }): SchemaRefusedError {
  return new SchemaRefusedError({ subject, status: answer.status, said: answer.text.slice(0, 500) })
}

function createFetch(options: { url: string; timeoutMs: number }): Fetch {
  const base = options.url.replace(/\/$/, '')
  return async (path, init) => {
    try {
      const response = await fetch(`${base}${path}`, {
        ...init,
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        signal: AbortSignal.timeout(options.timeoutMs),
      })
      const text = await response.text()
      if (response.status >= 500) throw new Error(`HTTP ${response.status}: ${text.slice(0, 200)}`)
      return { status: response.status, text }
    } catch (error) {
      throw new RegistryUnavailableError({ url: options.url }, { cause: error })
    }
  }
}
