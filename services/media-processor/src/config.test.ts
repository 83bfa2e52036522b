import { ConfigInvalidError, readConfig } from '@murmuration/config'
import { describe, expect, it } from 'vitest'
import { settings } from './config.ts'

const required = {
  KAFKA_BROKERS: '127.0.0.1:9092',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:8081',
  BIRD_ACCESS_KEY: 's3cret',
  MEDIA_DIR: '/data/media',
}

describe('settings', () => {
  it("allow Bird's two media hosts and nothing private unless told otherwise", () => {
    const config = readConfig(settings, required)
    expect(config.MEDIA_ALLOWED_HOSTS).toEqual(['media.api.bird.com', 'media.nest.messagebird.com'])
    expect(config.MEDIA_PRIVATE_HOSTS).toEqual([])
    expect(config.MEDIA_MAX_BYTES).toBe(134_217_728)
    expect(config.MEDIA_TIMEOUT_MS).toBe(300_000)
    expect(`${config.BIRD_ACCESS_KEY}`).toBe('[redacted]')
  })

  it.each([
    { MEDIA_ALLOWED_HOSTS: 'https://media.api.bird.com' },
    { MEDIA_ALLOWED_HOSTS: '*' },
    { MEDIA_ALLOWED_HOSTS: 'user@host' },
    { MEDIA_PRIVATE_HOSTS: 'localhost' },
    { MEDIA_PRIVATE_HOSTS: '10.0.0.0/8:80' },
    { MEDIA_MAX_BYTES: '0' },
    { BIRD_ACCESS_KEY: '' },
    { MEDIA_DIR: '' },
  ])('refuse %j', (wrong) => {
    expect(() => readConfig(settings, { ...required, ...wrong })).toThrow(ConfigInvalidError)
  })

  it('take private hosts by exact host and port', () => {
    const config = readConfig(settings, { ...required, MEDIA_PRIVATE_HOSTS: '127.0.0.1:9000, minio:9000,[::1]:9001' })
    expect(config.MEDIA_PRIVATE_HOSTS).toEqual(['127.0.0.1:9000', 'minio:9000', '[::1]:9001'])
  })
})
