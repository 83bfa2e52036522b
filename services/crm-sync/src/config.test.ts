import { ConfigInvalidError, readConfig } from '@murmuration/config'
import { describe, expect, it } from 'vitest'
import { settings, toGroupId } from './config.ts'

const env = {
  KAFKA_BROKERS: '127.0.0.1:9092',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:8081',
  DATABASE_URL: 'postgres://u:hidden@127.0.0.1/d',
}

describe('settings', () => {
  it('needs brokers, a registry and a database, and nothing else', () => {
    const config = readConfig(settings, env)
    expect(config).toMatchObject({ CRM_INSTANCE: 'postgres', CRM_ADAPTER: 'postgres', DATABASE_MAX_CONNECTIONS: 10 })
    expect(toGroupId(config)).toBe('crm-sync.postgres')
    expect(JSON.stringify(config)).not.toContain('hidden')
  })

  it('refuses an adapter that is not in the registry, and a name that no topic could carry', () => {
    const wrong = { ...env, CRM_ADAPTER: 'fax', CRM_INSTANCE: 'Sales/EU' }
    const read = () => readConfig(settings, wrong)
    expect(read).toThrow(ConfigInvalidError)
    expect(read).toThrow(/CRM_INSTANCE[\s\S]*CRM_ADAPTER/)
  })
})
