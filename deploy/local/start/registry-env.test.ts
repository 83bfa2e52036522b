import { describe, expect, it } from 'vitest'
import { toLocalRegistryAccess, toRegistryEnv } from './registry-env.ts'

const url = 'http://127.0.0.1:8081'

describe('toRegistryEnv', () => {
  it("hands the user's credentials on, files included, to a registry of the user's own", () => {
    const env = {
      SCHEMA_REGISTRY_URL: url,
      SCHEMA_REGISTRY_USERNAME: 'ada',
      SCHEMA_REGISTRY_PASSWORD_FILE: '/run/secrets/registry',
      SCHEMA_REGISTRY_TIMEOUT_MS: '900',
      DATABASE_URL: 'postgres://elsewhere',
    }
    expect(toRegistryEnv(url, env)).toEqual({
      SCHEMA_REGISTRY_URL: url,
      SCHEMA_REGISTRY_USERNAME: 'ada',
      SCHEMA_REGISTRY_PASSWORD_FILE: '/run/secrets/registry',
      SCHEMA_REGISTRY_TIMEOUT_MS: '900',
    })
  })

  it('tells the embedded registry nothing of them', () => {
    expect(toRegistryEnv(url, { SCHEMA_REGISTRY_TOKEN: 'secret' })).toEqual({ SCHEMA_REGISTRY_URL: url })
  })
})

describe('toLocalRegistryAccess', () => {
  it('lets npm start itself in, as it lets the services in', () => {
    const env = { SCHEMA_REGISTRY_URL: url, SCHEMA_REGISTRY_TOKEN: 'secret' }
    const { auth, url: base } = toLocalRegistryAccess(url, env)
    expect(base).toBe(url)
    expect(auth?.kind === 'bearer' && auth.token.reveal()).toBe('secret')
  })
})
