import { describe, expect, it } from 'vitest'
import { describeScheme, type SchemeDriver } from './conformance.ts'
import { schemes } from './schemes.ts'
import { signBirdCrm } from './sign-bird-crm.ts'
import { signMessagebirdJwt } from './sign-messagebird-jwt.ts'
import { signMessagebirdQuery } from './sign-messagebird-query.ts'
import { decodeStandardWebhooksSecret, digestStandardWebhooks } from './sign-standard-webhooks.ts'
import { schemeNames } from './signature-scheme.ts'

const timestampHeaders = ['messagebird-signature', 'messagebird-request-timestamp']

const drivers: readonly SchemeDriver[] = [
  {
    name: 'bird-crm',
    secrets: ['newer key', 'KeV+/HGoIQrxuE5YPCRR6AuQOJveldYNNhbVi1i22qk='],
    emptySecrets: [''],
    sign: ({ secret, seconds, ...rest }) => ({ ...signBirdCrm({ ...rest, key: secret, timestamp: String(seconds) }) }),
    headers: timestampHeaders,
    signsUrl: true,
    signsQuery: false,
    expires: false,
  },
  {
    name: 'messagebird-jwt',
    secrets: ['newer key', 'hunter2'],
    emptySecrets: [''],
    sign: ({ secret, ...rest }) => ({ ...signMessagebirdJwt({ ...rest, key: secret, id: 'jti-1' }) }),
    headers: ['messagebird-signature-jwt'],
    signsUrl: true,
    // Only where the URL that was signed holds it: verify-messagebird-jwt.test.ts.
    signsQuery: false,
    expires: true,
  },
  {
    name: 'standard-webhooks',
    secrets: ['whsec_bmV3ZXIga2V5IG9mIHRoZSB0ZXN0cw==', 'C2FVsBQIhrscChlQIMV+b5sSYspob7oD'],
    emptySecrets: ['', 'whsec_', 'whsec_='],
    sign: ({ secret, seconds, rawBody }) => {
      const key = decodeStandardWebhooksSecret(secret) ?? Buffer.alloc(0)
      const digest = digestStandardWebhooks({ key, id: 'msg_2abc', timestamp: String(seconds), rawBody })
      return {
        'webhook-id': 'msg_2abc',
        'webhook-timestamp': String(seconds),
        'webhook-signature': `v1,${digest.toString('base64')}`,
      }
    },
    headers: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
    signsUrl: false,
    signsQuery: false,
    expires: false,
  },
  {
    name: 'messagebird-query',
    secrets: ['newer key', 'PlLrKaqvZNRR5zAjm42ZT6q1SQxgbbGd'],
    emptySecrets: [''],
    sign: ({ secret, seconds, ...rest }) => ({
      ...signMessagebirdQuery({ ...rest, key: secret, timestamp: String(seconds) }),
    }),
    headers: timestampHeaders,
    signsUrl: false,
    signsQuery: true,
    expires: false,
  },
]

for (const driver of drivers) describeScheme(driver)

describe('schemes', () => {
  it('has every name, each under its own, and each passes the suite', () => {
    expect(Object.keys(schemes)).toEqual(schemeNames)
    expect(Object.values(schemes).map(({ name }) => name)).toEqual(schemeNames)
    expect(drivers.map(({ name }) => name)).toEqual(schemeNames)
  })
})
