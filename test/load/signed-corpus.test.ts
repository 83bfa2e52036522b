import { parseWebhook, schemes } from '@murmuration/bird'
import { describe, expect, it } from 'vitest'
import { type CorpusPlan, createIdFinder, toKeys, toMessageId } from './corpus-plan.ts'
import { createSignedCorpus } from './signed-corpus.ts'

const plan: CorpusPlan = { seed: 7, load: 3, count: 60, keys: 20, forgedEvery: 10 }
const nowMs = 1_765_617_960_000
const target = {
  host: '127.0.0.1',
  port: 8080,
  path: '/webhooks/bird',
  publicUrl: 'https://hooks.example.com/webhooks/bird?tenant=a',
  signingKey: 'key of the corpus test',
}

function readRequest(index: number, of = plan) {
  const text = createSignedCorpus(of, { target, nowMs }).request(index)
  const split = text.indexOf('\r\n\r\n')
  const [requestLine = '', ...lines] = text.toString('latin1', 0, split).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  )
  return { requestLine, headers, rawBody: Buffer.from(text.subarray(split + 4)) }
}

function verify(index: number) {
  const { headers, rawBody } = readRequest(index)
  return schemes['bird-crm'].verify(
    { rawBody, urls: [target.publicUrl], query: '', headers },
    { signingKeys: [{ id: 'key-1', secret: target.signingKey }], nowMs, maxAgeMs: 60_000, clockSkewMs: 0 },
  )
}

describe('the corpus', () => {
  it('is whole HTTP/1.1 requests whose Content-Length is the length of the body', () => {
    for (let index = 0; index < plan.count; index += 1) {
      const { requestLine, headers, rawBody } = readRequest(index)
      expect(requestLine).toBe('POST /webhooks/bird HTTP/1.1')
      expect(Number(headers['content-length'])).toBe(rawBody.length)
    }
  })

  it('is signed as Bird signs, but for every n-th, which is forged', () => {
    const accepted = Array.from({ length: plan.count }, (_, index) => {
      try {
        return verify(index).keyId === 'key-1'
      } catch {
        return false
      }
    })
    expect(accepted.flatMap((ok, index) => (ok ? [] : [index]))).toEqual([9, 19, 29, 39, 49, 59])
  })

  it('is inbound messages of about 1 KB with ids that the finder reads back', () => {
    const find = createIdFinder(plan.seed)
    for (const index of [0, 1, 42, 58]) {
      const webhook = verify(index)
      const { payload } = parseWebhook(webhook) as unknown as { payload: { id: string } }
      expect(payload.id).toBe(toMessageId(plan, index))
      expect(find(webhook.rawBody)).toEqual({ load: 3, index })
      expect(webhook.rawBody.length).toBeGreaterThan(850)
      expect(webhook.rawBody.length).toBeLessThan(1_400)
    }
  })

  it('has each contact once in every round, with the number of the round in the text', () => {
    const keys = toKeys(plan)
    for (const round of [0, 1, 2]) {
      expect([...keys.subarray(round * 20, round * 20 + 20)].sort((a, b) => a - b)).toEqual([...Array(20).keys()])
    }
    const body = readRequest(45).rawBody.toString()
    expect(body).toContain(`"message 2 of contact ${keys[45]}: `)
  })

  it('is the same for the same seed, and shares no id with another load or seed', () => {
    expect(readRequest(5)).toEqual(readRequest(5))
    const ids = [plan, { ...plan, load: 4 }, { ...plan, seed: 8 }].map((one) => toMessageId(one, 5))
    expect(new Set(ids).size).toBe(3)
    expect(createIdFinder(8)(readRequest(5).rawBody)).toBeUndefined()
  })

  it('finds no id in bytes that only begin like one', () => {
    const find = createIdFinder(plan.seed)
    const id = toMessageId(plan, 5)
    expect(find(Buffer.from(id.slice(0, 30)))).toBeUndefined()
    expect(find(Buffer.from(`${id.slice(0, 35)}Z`))).toBeUndefined()
    expect(find(Buffer.from(`\0\x48${id}\0`))).toEqual({ load: 3, index: 5 })
  })
})
