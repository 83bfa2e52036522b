import { describe, expect, it } from 'vitest'
import { createFindingCounter } from './finding-counter.ts'
import { createCountingMetrics, nowMs, signatureOf, source } from './ingress.fixture.ts'

const other = {
  ...source,
  name: 'other',
  path: '/webhooks/other',
  signingKeys: [{ id: 'o', secret: 'key of the other source' }],
}
const rawBody = Buffer.from('{"a":1}')

function given(maxPerSecond = 5) {
  let clockMs = 0
  const metrics = createCountingMetrics()
  const counter = createFindingCounter({ sources: () => [source, other], maxPerSecond, metrics, nowMs: () => clockMs })
  const refuse = (key: string, change = {}, from = source) => {
    counter.count(
      { rawBody, urls: from.publicUrls, query: '', headers: signatureOf(rawBody, key), ...change },
      from,
      nowMs,
    )
  }
  const counted = (finding: string, name = source.name) =>
    metrics.value(`murmuration_ingress_signature_findings_total{source="${name}",finding="${finding}"}`)
  const wait = (ms: number) => {
    clockMs += ms
  }
  return { refuse, counted, wait }
}

describe('createFindingCounter', () => {
  it('counts the word of the doctor, and looks at the other sources', async () => {
    const { refuse, counted } = given()
    refuse('no key of ours')
    refuse(other.signingKeys[0]?.secret ?? '')
    refuse(source.signingKeys[0]?.secret ?? '', { rawBody: Buffer.from('{"a": 1}') })
    expect([await counted('unknown'), await counted('other-source'), await counted('body-reserialised')]).toEqual([
      1, 1, 1,
    ])
  })

  it('examines so many a second, and counts the others all the same', async () => {
    const { refuse, counted, wait } = given(2)
    for (let at = 0; at < 100; at += 1) refuse('no key of ours')
    expect([await counted('unknown'), await counted('not-examined')]).toEqual([2, 98])
    wait(999)
    refuse('no key of ours')
    expect(await counted('unknown')).toBe(2)
    wait(1)
    refuse('no key of ours')
    expect(await counted('unknown')).toBe(3)
  })

  it('lets a flood on one source hide no other', async () => {
    const { refuse, counted } = given(2)
    for (let at = 0; at < 100; at += 1) refuse('no key of ours')
    refuse('no key of ours', {}, other)
    expect(await counted('unknown', 'other')).toBe(1)
  })

  it("examines no more than ten sources' share a second, when all are flooded", async () => {
    const { refuse, counted } = given(1)
    const names = Array.from({ length: 11 }, (_, at) => `flooded-${at}`)
    for (const name of names) refuse('no key of ours', {}, { ...other, name })
    const examined = await Promise.all(names.map((name) => counted('unknown', name)))
    expect(examined).toEqual([...Array.from({ length: 10 }, () => 1), 0])
  })
})
