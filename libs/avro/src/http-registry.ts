import { RegistryUnavailableError } from './avro-errors.ts'
import type { Registry } from './registry-client.ts'
import type { RegistryAnswer, RegistryHttp } from './registry-http.ts'

/** Confluent's error codes that mean a clear "no"; Apicurio, Redpanda and Karapace use the same. */
const SUBJECT_UNKNOWN = 40_401
const SCHEMA_UNKNOWN = 40_403

/** Asks over HTTP, each time anew. What is neither a clear yes nor a clear no is an outage, never an answer. */
export function createHttpRegistry(http: RegistryHttp): Registry {
  function unclear({ status, errorCode }: RegistryAnswer): RegistryUnavailableError {
    const why = errorCode === undefined ? 'with a body of another shape' : `with error_code ${errorCode}`
    return new RegistryUnavailableError({ url: http.url, why: `HTTP ${status} ${why}` })
  }
  return {
    async schemaById(id) {
      const answer = await http.send('GET', `/schemas/ids/${id}`)
      if (isNo(answer, SCHEMA_UNKNOWN)) return undefined
      // Confluent leaves the type out for Avro.
      const { schema, schemaType = 'AVRO' } = answer.body as Readonly<Record<string, unknown>>
      if (answer.errorCode !== undefined || typeof schema !== 'string' || typeof schemaType !== 'string')
        throw unclear(answer)
      return { format: schemaType, text: schema }
    },
    async idOfSchema(subject, schema) {
      // The same text as a push sends: Apicurio 3.0.9 finds another spacing to be another schema.
      const body = { schema: JSON.stringify(schema) }
      const answer = await http.send('POST', `/subjects/${encodeURIComponent(subject)}`, body)
      if (isNo(answer, SUBJECT_UNKNOWN, SCHEMA_UNKNOWN)) return undefined
      const { id } = answer.body as Readonly<Record<string, unknown>>
      if (answer.errorCode !== undefined || typeof id !== 'number' || !Number.isInteger(id)) throw unclear(answer)
      return id
    },
  }
}

/** Both must fit: the code alone may come with any status from what stands between. */
function isNo({ status, errorCode }: RegistryAnswer, ...codes: readonly number[]): boolean {
  return status === 404 && errorCode !== undefined && codes.includes(errorCode)
}
