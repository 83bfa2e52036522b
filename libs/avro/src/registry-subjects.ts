import { SchemaRefusedError } from './avro-errors.ts'
import type { RegistryAnswer, RegistryHttp } from './registry-http.ts'

/** Error codes of a 404 that say what is not there; any other 404 says nothing of schemas. */
const NOT_THERE = { subject: 40_401, version: 40_402, schema: 40_403, level: 40_408 } as const

/** The level that every subject of ours has: readers and writers of all releases live side by side. */
export const COMPATIBILITY = 'FULL_TRANSITIVE'

/** The registry as `murmur schemas` sees it: versions below subjects. Schemas are texts; registries tell other texts apart. */
export interface RegistrySubjects {
  /** Version under which exactly this schema is registered; undefined when it is not. */
  findVersion(subject: string, schema: string): Promise<number | undefined>
  /** Undefined when there is no such subject. */
  latestVersion(subject: string): Promise<number | undefined>
  /** The level that holds for an existing subject, its own or the registry's. */
  compatibilityOf(subject: string): Promise<string>
  /** Sets FULL_TRANSITIVE; the subject need not exist. */
  setCompatibility(subject: string): Promise<void>
  /** Registers the schema, or finds it. @returns its id */
  register(subject: string, schema: string): Promise<number>
}

/** @throws {SchemaRefusedError} from every method, where the registry says no to something that it should know or take */
export function createRegistrySubjects(http: RegistryHttp): RegistrySubjects {
  return {
    async findVersion(subject, schema) {
      const answer = await http.send('POST', `/subjects/${encodeURIComponent(subject)}`, { schema })
      return says(answer, 'subject', 'schema') ? undefined : readNumber(subject, answer, 'version')
    },
    async latestVersion(subject) {
      const answer = await http.send('GET', `/subjects/${encodeURIComponent(subject)}/versions/latest`)
      // A subject may have lost all of its versions.
      return says(answer, 'subject', 'version') ? undefined : readNumber(subject, answer, 'version')
    },
    async compatibilityOf(subject) {
      const own = await http.send('GET', `/config/${encodeURIComponent(subject)}?defaultToGlobal=true`)
      // A registry that does not know defaultToGlobal says 404 where the subject has no level of its own.
      const answer = says(own, 'level', 'subject') ? await http.send('GET', '/config') : own
      const level = 'compatibilityLevel' in answer.body ? answer.body.compatibilityLevel : undefined
      if (typeof level !== 'string') throw refused(subject, answer)
      return level
    },
    async setCompatibility(subject) {
      const answer = await http.send('PUT', `/config/${encodeURIComponent(subject)}`, { compatibility: COMPATIBILITY })
      // 409: a neighbour's deployment set it in the same moment.
      if (answer.status !== 200 && answer.status !== 409) throw refused(subject, answer)
    },
    async register(subject, schema) {
      const answer = await http.send('POST', `/subjects/${encodeURIComponent(subject)}/versions`, { schema })
      return readNumber(subject, answer, 'id')
    },
  }
}

function says({ status, errorCode }: RegistryAnswer, ...what: readonly (keyof typeof NOT_THERE)[]): boolean {
  return status === 404 && what.some((name) => NOT_THERE[name] === errorCode)
}

function readNumber(subject: string, answer: RegistryAnswer, name: 'version' | 'id'): number {
  const value = name in answer.body ? (answer.body as Readonly<Record<string, unknown>>)[name] : undefined
  if (answer.status !== 200 || typeof value !== 'number') throw refused(subject, answer)
  return value
}

function refused(subject: string, { status, body }: RegistryAnswer): SchemaRefusedError {
  const said = 'message' in body && typeof body.message === 'string' ? body.message : JSON.stringify(body)
  return new SchemaRefusedError({ subject, status, said: said.slice(0, 500) })
}
