import { type DoctorSource, diagnoseWebhook } from '@murmuration/bird'
import { describe, expect, it } from 'vitest'
import { readSignatureVectors, type SignatureVector } from './signature-vectors.ts'

const vectors = readSignatureVectors(`${import.meta.dirname}/fixtures/signature-vectors.json`)

/** What the doctor says of each refused vector, by the start of its name; with the query that the request would have had. */
const words: readonly (readonly [string, string, query?: string])[] = [
  ['same signature, http:// URL', 'url-scheme'],
  ['same signature, internal host', 'url-host'],
  ['same signature, query dropped', 'url-query-missing', 'workspace=b&tenant=a'],
  ['same signature, query sorted', 'url-query-sorted'],
  ['same signature, body re-serialised', 'body-reserialised'],
  ['base64-decoded key', 'key-decoded'],
  ['hex body hash', 'hash-form'],
  ['real call, spoiled timestamp', 'unknown'],
  ['real call, spoiled body', 'body-added'],
  ['Token received after it was expired', 'too-old'],
  ['Payload does not match', 'body-changed'],
  ['payload was removed', 'body-missing'],
  ['payload was added', 'body-added'],
  ['Token received before it was issued', 'in-the-future'],
]

function diagnose({ scheme, webhook, secret, nowMs }: SignatureVector, query = webhook.query) {
  const source: DoctorSource = {
    name: 'vector',
    scheme,
    publicUrls: webhook.urls,
    signingKeys: [{ id: 'k', secret }],
    maxAgeMs: 0,
    clockSkewMs: 0,
  }
  const headers = { host: 'example.com', ...webhook.headers }
  return diagnoseWebhook({ ...webhook, headers, query }, { sources: [source], nowMs })
}

describe('the doctor on the signature vectors', () => {
  it.each(vectors.filter(({ valid }) => valid))('$group, $name: accepts it', (vector) => {
    expect(diagnose(vector)).toMatchObject({ verdict: 'accepted', keyId: 'k', findings: [] })
  })

  it.each(vectors.filter(({ valid }) => !valid))('$group, $name: says which input is wrong', (vector) => {
    const row = words.find(([name]) => vector.name.startsWith(name))
    const { verdict, findings } = diagnose(vector, row?.[2])
    expect([verdict, ...findings.map(({ what }) => what)]).toEqual(['refused', row?.[1]])
  })
})
