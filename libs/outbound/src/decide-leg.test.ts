import { describe, expect, it } from 'vitest'
import { type Leg, parseLeg, toHostRules } from './decide-leg.ts'
import { OutboundRefusedError } from './outbound-errors.ts'

const rules = toHostRules({
  allowed: ['Media.API.bird.com', 'other.example:8443'],
  private: ['127.0.0.1:9000', 'minio.internal:80', '[::1]:9001'],
})

function verdict(url: string, leg: Leg) {
  try {
    return parseLeg(url, { leg, rules }).href
  } catch (error) {
    return error instanceof OutboundRefusedError ? error.reason : error
  }
}

describe('parseLeg on the first leg', () => {
  it.each([
    ['https://media.api.bird.com/workspaces/w', 'https://media.api.bird.com/workspaces/w'],
    ['https://MEDIA.api.bird.com:443/x#fragment', 'https://media.api.bird.com/x'],
    ['https://other.example:8443/x', 'https://other.example:8443/x'],
    ['http://127.0.0.1:9000/x', 'http://127.0.0.1:9000/x'],
    ['http://minio.internal/x', 'http://minio.internal/x'],
    ['https://[::1]:9001/x', 'https://[::1]:9001/x'],
    ['https://media.api.bird.com:8443/x', 'host-not-allowed'],
    ['https://media.api.bird.com./x', 'host-not-allowed'],
    ['https://media.api.bird.com.evil.example/x', 'host-not-allowed'],
    ['https://evil.example/media.api.bird.com', 'host-not-allowed'],
    ['https://other.example/x', 'host-not-allowed'],
    ['https://8.8.8.8/x', 'host-not-allowed'],
    ['http://media.api.bird.com/x', 'not-https'],
    ['http://127.0.0.1:9002/x', 'not-https'],
    ['https://127.0.0.1:9002/x', 'host-not-allowed'],
    ['https://media.api.bird.com@evil.example/x', 'bad-url'],
    ['https://user:secret@media.api.bird.com/x', 'bad-url'],
    ['ftp://media.api.bird.com/x', 'bad-url'],
    ['file:///etc/passwd', 'bad-url'],
    ['/relative', 'bad-url'],
    ['', 'bad-url'],
  ])('answers %s with %s', (url, expected) => {
    expect(verdict(url, 'first')).toBe(expected)
  })
})

describe('parseLeg on the second leg', () => {
  it.each([
    ['https://bucket.storage.example/key?sig=1', 'https://bucket.storage.example/key?sig=1'],
    ['https://storage.example:9443/key', 'https://storage.example:9443/key'],
    ['https://8.8.8.8/key', 'https://8.8.8.8/key'],
    ['http://127.0.0.1:9000/key', 'http://127.0.0.1:9000/key'],
    ['http://storage.example/key', 'not-https'],
    ['https://10.0.0.1/key', 'private-address'],
    ['https://127.1/key', 'private-address'],
    ['https://2130706433/key', 'private-address'],
    ['https://0x7f.0.0.1/key', 'private-address'],
    ['https://[::1]/key', 'private-address'],
    ['https://[::ffff:127.0.0.1]/key', 'private-address'],
    ['https://169.254.169.254/latest/meta-data', 'private-address'],
  ])('answers %s with %s', (url, expected) => {
    expect(verdict(url, 'redirected')).toBe(expected)
  })

  it('resolves a relative Location against the leg before it', () => {
    const base = new URL('https://media.api.bird.com/a/b')
    expect(parseLeg('/c?d', { leg: 'redirected', rules, base }).href).toBe('https://media.api.bird.com/c?d')
  })

  it('names neither query string nor credentials in the error', () => {
    for (const url of ['http://storage.example/key?X-Signature=s3cret', 'https://u:s3cret@storage.example/']) {
      expect(() => parseLeg(url, { leg: 'redirected', rules })).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('s3cret') }),
      )
    }
  })
})
