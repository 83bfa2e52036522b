import { describe, expect, it } from 'vitest'
import { signBirdCrm } from './sign-bird-crm.ts'
import { signMessagebirdQuery, sortQuery, toCanonicalQuery } from './sign-messagebird-query.ts'
import { SignatureRejectedError } from './signature-rejected-error.ts'
import { verifyMessagebirdQuery } from './verify-messagebird-query.ts'
import { signatureInput, signedAtSeconds, signingKey, thrownBy } from './webhook.fixture.ts'

const rawBody = Buffer.alloc(0)
const timestamp = String(signedAtSeconds)

/** What becomes of a request with `query` whose sender signed `signed` (exactly this text). */
function outcomeOf(query: string, signed: string): string {
  const headers = { ...signBirdCrm({ key: signingKey.secret, timestamp, url: signed, rawBody }) }
  const error = thrownBy(() => verifyMessagebirdQuery({ rawBody, urls: [], query, headers }, signatureInput))
  return error instanceof SignatureRejectedError ? error.reason : `accepted ${error ?? ''}`.trim()
}

describe('verifyMessagebirdQuery', () => {
  it.each([
    ['', ''],
    ['b=2&a=1', 'a=1&b=2'],
    ['b=2&a=3&a=1', 'a=3&a=1&b=2'],
    ['a=1+2', 'a=1+2'],
    ['a=1%202', 'a=1%202'],
    ['a=1%202', 'a=1+2'],
    ['b=1+2&a=caf%c3%a9', 'a=caf%C3%A9&b=1%202'],
    ['a=1%2b2', 'a=1%2B2'],
    ['t=2019-01-11T09:17:11%2B00:00', 't=2019-01-11T09%3A17%3A11%2B00%3A00'],
    ['a=~*', 'a=~*'],
    ['b&a', 'a=&b='],
    ['n=caf%C3%A9', 'n=caf%C3%A9'],
    ['?a=1', '%3Fa=1'],
  ])('takes the query %j where %j was signed', (query, signed) => {
    expect(outcomeOf(query, signed)).toBe('accepted')
  })

  it.each([
    ['a=1&b=2', 'b=2&a=1'],
    ['a=1&a=3', 'a=3&a=1'],
    ['a=1&b=2', 'a=2&b=1'],
    ['a=1+2', 'a=1%2B2'],
    ['a=1', ''],
    ['', 'a=1'],
    ['a=1&a=1', 'a=1'],
    ['a=1&A=1', 'a=1&a=1'],
  ])('refuses the query %j where %j was signed', (query, signed) => {
    expect(outcomeOf(query, signed)).toBe('no-key-matches')
  })

  it('passes the query on as it came, and no URL', () => {
    const query = 'b=2&a=1+1'
    const headers = { ...signMessagebirdQuery({ key: signingKey.secret, timestamp, query, rawBody }) }
    const verified = verifyMessagebirdQuery({ rawBody, urls: ['https://x.example/'], query, headers }, signatureInput)
    expect(verified).toMatchObject({ signedQuery: query, url: null })
  })

  it('sorts by name alone, and leaves the spelling to the sender', () => {
    expect(sortQuery('b=%7e&a=z&a=b&ab=1')).toBe('a=z&a=b&ab=1&b=%7e')
    expect(toCanonicalQuery('b=%7e&a=z&a=b&ab=1')).toBe('a=z&a=b&ab=1&b=%7E')
  })
})
