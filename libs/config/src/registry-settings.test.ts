import { describe, expect, it } from 'vitest'
import { ConfigInvalidError, readConfig } from './read-config.ts'
import { registryClientSettings, toRegistryAccess, toRegistryOptions } from './registry-settings.ts'

const URL = 'https://registry.example.com'

function read(env: Readonly<Record<string, string>>) {
  return readConfig(registryClientSettings, { SCHEMA_REGISTRY_URL: URL, ...env })
}

function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    toRegistryAccess(read(env))
    return []
  } catch (error) {
    if (error instanceof ConfigInvalidError) return error.problems
    throw error
  }
}

describe('the registry settings', () => {
  it('need only the URL', () => {
    expect(toRegistryOptions(read({}))).toEqual({
      url: URL,
      timeoutMs: 5_000,
      ca: undefined,
      auth: undefined,
      snapshotDir: '',
    })
  })

  it('take a user and a password, which stays a secret', () => {
    const { auth } = toRegistryAccess(read({ SCHEMA_REGISTRY_USERNAME: 'murmur', SCHEMA_REGISTRY_PASSWORD: 'hunter2' }))
    expect(auth).toMatchObject({ kind: 'basic', username: 'murmur' })
    expect(JSON.stringify(auth)).not.toContain('hunter2')
    expect(auth?.kind === 'basic' && auth.password.reveal()).toBe('hunter2')
  })

  it('take a bearer token, which stays a secret', () => {
    const { auth } = toRegistryAccess(read({ SCHEMA_REGISTRY_TOKEN: 'hunter2' }))
    expect(JSON.stringify(auth)).toBe('{"kind":"bearer","token":"[redacted]"}')
    expect(auth?.kind === 'bearer' && auth.token.reveal()).toBe('hunter2')
  })

  it('refuse a token beside a user: the registry would see one of both, and nobody would know which', () => {
    expect(
      problemsOf({ SCHEMA_REGISTRY_TOKEN: 't', SCHEMA_REGISTRY_USERNAME: 'u', SCHEMA_REGISTRY_PASSWORD: 'p' }),
    ).toEqual([
      'SCHEMA_REGISTRY_TOKEN: excludes SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD; set one of both',
    ])
  })

  it('refuse a user without a password, and a password without a user', () => {
    expect(problemsOf({ SCHEMA_REGISTRY_USERNAME: 'u' })).toEqual([
      'SCHEMA_REGISTRY_PASSWORD: is not set, but the user is',
    ])
    expect(problemsOf({ SCHEMA_REGISTRY_PASSWORD: 'p' })).toEqual([
      'SCHEMA_REGISTRY_USERNAME: is not set, but the password is',
    ])
  })

  it('list every problem at once', () => {
    expect(
      problemsOf({ SCHEMA_REGISTRY_URL: 'http://r', SCHEMA_REGISTRY_USERNAME: 'a:b', SCHEMA_REGISTRY_CA: 'x' }),
    ).toEqual([
      'SCHEMA_REGISTRY_PASSWORD: is not set, but the user is',
      'SCHEMA_REGISTRY_USERNAME: holds a colon',
      'SCHEMA_REGISTRY_CA: needs an https URL',
      'SCHEMA_REGISTRY_CA: is not a certificate in PEM',
    ])
  })

  it('refuse credentials in the URL, which is logged, and a URL that is not of the web', () => {
    expect(() => read({ SCHEMA_REGISTRY_URL: 'https://user:hunter2@registry' })).toThrow('carries credentials')
    expect(() => read({ SCHEMA_REGISTRY_URL: 'https://user:hunter2@registry' })).not.toThrow('hunter2')
    expect(() => read({ SCHEMA_REGISTRY_URL: 'ftp://registry' })).toThrow('is not an http or https URL')
  })
})
