import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret } from './secret.ts'

const secret = new Secret('hunter2')

describe('Secret', () => {
  it.each([
    ['a template', () => `${secret}`],
    ['concatenation', () => `x${String(secret)}`],
    ['JSON', () => JSON.stringify({ nested: [secret] })],
    ['inspect, with hidden fields', () => inspect({ nested: { secret } }, { showHidden: true, depth: 9 })],
    ['what console.log formats', () => format('%s %o %O %j', secret, secret, secret, secret, secret)],
    ['its own keys and entries', () => JSON.stringify([Object.entries(secret), Reflect.ownKeys(secret)])],
    ['a copy', () => inspect({ ...secret })],
  ])('does not print through %s', (_, print) => {
    expect(print()).not.toContain('hunter2')
  })

  it('prints as [redacted], so that a log shows that it was set', () => {
    expect(`${secret} ${JSON.stringify(secret)} ${inspect(secret)}`).toBe('[redacted] "[redacted]" [redacted]')
  })

  it('reveals its text when asked to', () => {
    expect(secret.reveal()).toBe('hunter2')
  })
})
