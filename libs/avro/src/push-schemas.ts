import { loadSchema, recordNames } from '@murmuration/schemas'
import { subjectOf } from './encoder.ts'
import { createRegistryHttp, type RegistryAccess } from './registry-http.ts'
import { createRegistrySubjects } from './registry-subjects.ts'

/** What a push did with one subject. */
export interface PushedSchema {
  readonly subject: string
  readonly schemaId: number
}

/**
 * Registers every schema of the catalog; the deploy step. Safe to repeat and to run twice at once.
 *
 * The compatibility is set on the subject first: registering before it is set lets racing deployments refuse each
 * other (measured on Apicurio 3.0.9).
 * @throws {SchemaRefusedError} incompatible or invalid
 * @throws {RegistryUnavailableError}
 * @throws {RegistryUnauthorizedError}
 */
export async function pushSchemas(
  options: RegistryAccess & { readonly topicPrefix: string },
): Promise<readonly PushedSchema[]> {
  const subjects = createRegistrySubjects(createRegistryHttp(options))
  const pushed: PushedSchema[] = []
  for (const record of recordNames) {
    const subject = subjectOf(record, options.topicPrefix)
    await subjects.setCompatibility(subject)
    pushed.push({ subject, schemaId: await subjects.register(subject, JSON.stringify(loadSchema(record))) })
  }
  return pushed
}
