import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { ConfigInvalidError, type ConfigOf, integer, secret, text } from './read-config.ts'

/** Settings of whatever talks to the schema registry. `toRegistryAccess` reads them together. */
export const registrySettings = {
  SCHEMA_REGISTRY_URL: {
    doc: "Schema registry, Confluent API, http or https, without credentials. Apicurio's lies at /apis/ccompat/v7.",
    schema: text()
      .pipe(z.url({ protocol: /^https?$/, error: 'is not an http or https URL' }))
      .refine((url) => !/^https?:\/\/[^/]*@/i.test(url), 'carries credentials; set SCHEMA_REGISTRY_USERNAME instead'),
    example: 'http://127.0.0.1:8081/apis/ccompat/v7',
  },
  SCHEMA_REGISTRY_USERNAME: {
    doc: 'User at the schema registry (basic authentication). Empty: none.',
    schema: z.string().default(''),
  },
  SCHEMA_REGISTRY_PASSWORD: {
    doc: 'Password of SCHEMA_REGISTRY_USERNAME.',
    schema: secret().optional(),
  },
  SCHEMA_REGISTRY_TOKEN: {
    doc: 'Bearer token for the schema registry, instead of user and password. Read at start.',
    schema: secret().optional(),
  },
  SCHEMA_REGISTRY_CA: {
    doc: "Certificate authorities to trust instead of the system's, PEM; SCHEMA_REGISTRY_CA_FILE names a file. Empty: the system's.",
    schema: z.string().default(''),
  },
  SCHEMA_REGISTRY_TIMEOUT_MS: {
    doc: 'Longest wait for an answer of the schema registry, milliseconds.',
    schema: integer({ min: 100, max: 60_000 }).default(5_000),
  },
} as const

/** Settings of services, which may go on without the registry. */
export const registryClientSettings = {
  ...registrySettings,
  SCHEMA_SNAPSHOT_DIR: {
    doc: 'Directory where schemas are kept for the time when the registry is away. Empty: nowhere.',
    schema: z.string().default(''),
  },
} as const

/**
 * How to get into the registry, as `createRegistry` of libs/avro takes it.
 *
 * @throws {ConfigInvalidError} settings that exclude each other, or one without its other half
 */
export function toRegistryAccess(config: ConfigOf<typeof registrySettings>) {
  const { SCHEMA_REGISTRY_USERNAME: username, SCHEMA_REGISTRY_PASSWORD: password } = config
  const { SCHEMA_REGISTRY_URL: url, SCHEMA_REGISTRY_CA: ca, SCHEMA_REGISTRY_TOKEN: token } = config
  const problems = [
    ...(token !== undefined && (username !== '' || password !== undefined)
      ? ['SCHEMA_REGISTRY_TOKEN: excludes SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD; set one of both']
      : []),
    ...(username !== '' && password === undefined ? ['SCHEMA_REGISTRY_PASSWORD: is not set, but the user is'] : []),
    ...(username === '' && password !== undefined ? ['SCHEMA_REGISTRY_USERNAME: is not set, but the password is'] : []),
    // Basic authentication ends the name at its first colon.
    ...(username.includes(':') ? ['SCHEMA_REGISTRY_USERNAME: holds a colon'] : []),
    ...(ca !== '' && !url.startsWith('https:') ? ['SCHEMA_REGISTRY_CA: needs an https URL'] : []),
    ...(ca !== '' && !isCertificate(ca) ? ['SCHEMA_REGISTRY_CA: is not a certificate in PEM'] : []),
  ]
  if (problems.length > 0) throw new ConfigInvalidError(problems)
  return {
    url,
    timeoutMs: config.SCHEMA_REGISTRY_TIMEOUT_MS,
    ca: ca === '' ? undefined : ca,
    auth:
      token !== undefined
        ? ({ kind: 'bearer', token } as const)
        : password !== undefined
          ? ({ kind: 'basic', username, password } as const)
          : undefined,
  }
}

/** The same, and where answers are kept. @throws {ConfigInvalidError} */
export function toRegistryOptions(config: ConfigOf<typeof registryClientSettings>) {
  return { ...toRegistryAccess(config), snapshotDir: config.SCHEMA_SNAPSHOT_DIR }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined
  } catch {
    return false
  }
}
