import { readConfig, registrySettings, toRegistryAccess } from '@murmuration/config'

type Env = Readonly<Record<string, string | undefined>>

/**
 * Where the registry is, and how to get into one of somebody else's: the user's own credentials, CA and time-out, each
 * also as `…_FILE`. The embedded registry asks for none, and is told none.
 */
export function toRegistryEnv(registryUrl: string, env: Env): Readonly<Record<string, string>> {
  if (!env.SCHEMA_REGISTRY_URL) return { SCHEMA_REGISTRY_URL: registryUrl }
  const names = Object.keys(registrySettings).flatMap((name) => [name, `${name}_FILE`])
  const given = names.flatMap((name) => {
    const value = env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...Object.fromEntries(given), SCHEMA_REGISTRY_URL: registryUrl }
}

/** The same for a client of our own. @throws {ConfigInvalidError} */
export function toLocalRegistryAccess(registryUrl: string, env: Env) {
  return toRegistryAccess(readConfig(registrySettings, toRegistryEnv(registryUrl, env)))
}
