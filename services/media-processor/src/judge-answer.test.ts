import { describe, expect, it } from 'vitest'
import { judgeFirstLeg, judgeSecondLeg, toUnavailableReason } from './judge-answer.ts'

describe('judgeFirstLeg', () => {
  it.each([
    [200, 'body'],
    [204, 'later'],
    [304, 'later'],
    [400, 'refused'],
    [401, 'credentials'],
    [403, 'later'],
    [404, 'gone'],
    [408, 'later'],
    [410, 'gone'],
    [425, 'later'],
    [429, 'later'],
    [451, 'refused'],
    [500, 'later'],
    [503, 'later'],
  ] as const)('judges %i as %s', (status, verdict) => {
    expect(judgeFirstLeg({ status, redirected: false })).toBe(verdict)
  })

  it('follows a redirect that names a target, and retries one that names none', () => {
    expect(judgeFirstLeg({ status: 302, redirected: true })).toBe('follow')
    expect(judgeFirstLeg({ status: 302, redirected: false })).toBe('later')
  })
})

describe('judgeSecondLeg', () => {
  it.each([
    [200, 'body'],
    [206, 'later'],
    [400, 'ask-again'],
    [401, 'ask-again'],
    [403, 'ask-again'],
    [404, 'gone'],
    [410, 'gone'],
    [416, 'refused'],
    [429, 'later'],
    [503, 'later'],
  ] as const)('judges %i as %s', (status, verdict) => {
    expect(judgeSecondLeg({ status })).toBe(verdict)
  })
})

describe('toUnavailableReason', () => {
  it.each([
    ['host-not-allowed', 'forbidden-host'],
    ['not-https', 'forbidden-host'],
    ['private-address', 'forbidden-host'],
    ['bad-url', 'refused'],
    ['too-many-redirects', 'refused'],
  ] as const)('turns %s into %s', (refusal, reason) => {
    expect(toUnavailableReason(refusal)).toBe(reason)
  })
})
