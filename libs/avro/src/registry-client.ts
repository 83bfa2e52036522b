import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import type { AvroRecord } from '@murmuration/schemas'
import type { Type } from 'avsc'
import { RegistryUnavailableError } from './avro-errors.ts'

/** The schema registry as services use it: they look up, they never register. */
export interface Registry {
  /** The writer's schema; undefined when the registry says that it knows no such id. @throws {RegistryUnavailableError} */
  schemaById(id: number): Promise<Type | undefined>
  /** The id of exactly this schema; undefined when it is not registered. @throws {RegistryUnavailableError} */
  idOfSchema(subject: string, schema: AvroRecord): Promise<number | undefined>
}

/**
 * Creates a look-up client.
 *
 * The client library has no time-out of its own, and reports an outage as status 400 (a refused connection, a reset,
 * a time-out): only 404 is an answer here, everything else means that the registry is not available.
 * @param options.url   base of the Confluent API, e.g. http://registry:8081/apis/ccompat/v7
 * @param options.timeoutMs per request
 */
export function createRegistry(options: { readonly url: string; readonly timeoutMs: number }): Registry {
  const client = new SchemaRegistry({
    host: options.url,
    // Two quick repeats smooth over a reset connection; longer outages are the consumer's to wait for.
    retry: { retries: 2, initialRetryTimeInSecs: 0.05, maxRetryTimeInSecs: 0.5 },
    middlewares: [() => ({ prepareRequest: async (next) => (await next()).enhance({ timeout: options.timeoutMs }) })],
  })
  async function lookUp<T>(request: () => Promise<T>): Promise<T | undefined> {
    try {
      return await request()
    } catch (error) {
      if (statusOf(error) === 404) return undefined
      throw new RegistryUnavailableError({ url: options.url }, { cause: error })
    }
  }
  return {
    schemaById: (id) => lookUp(async () => (await client.getSchema(id)) as unknown as Type),
    idOfSchema: (subject, schema) => lookUp(() => client.getRegistryIdBySchema(subject, schema as never)),
  }
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if ('status' in error && typeof error.status === 'number') return error.status
  // getRegistryIdBySchema wraps a 404 into an error without a status.
  return error.constructor.name === 'ConfluentSchemaRegistryError' ? 404 : undefined
}
