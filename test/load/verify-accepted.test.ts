import { describe, expect, it } from 'vitest'
import { type CorpusPlan, toKeys, toMessageId } from './corpus-plan.ts'
import { type AcceptanceReport, createAcceptanceVerifier, findAcceptanceProblems } from './verify-accepted.ts'

const plan: CorpusPlan = { seed: 11, load: 1, count: 30, keys: 10, forgedEvery: 0 }
const keys = toKeys(plan)
/** Three messages of one contact, in order. */
const [first = 0, second = 0, third = 0] = [...keys].flatMap((key, index) => (key === keys[0] ? [index] : []))

interface Change {
  /** Indexes in the order of the topic, instead of 0 to 29. */
  readonly topic?: readonly number[]
  readonly status?: Readonly<Record<number, number>>
  readonly answeredMs?: Readonly<Record<number, number>>
  readonly partition?: (index: number) => number
  readonly extra?: readonly Buffer[]
}

const all = Array.from({ length: plan.count }, (_, index) => index)

/** Request i is sent at 10 i and answered at 10 i + 5, with 202. */
function verify(change: Change = {}): { report: AcceptanceReport; problems: readonly string[] } {
  const result = {
    status: Uint16Array.from(all, (index) => change.status?.[index] ?? 202),
    sentMs: Float64Array.from(all, (index) => index * 10),
    answeredMs: Float64Array.from(all, (index) => change.answeredMs?.[index] ?? index * 10 + 5),
  }
  const verifier = createAcceptanceVerifier([{ plan, result }])
  for (const index of change.topic ?? all) {
    const partition = change.partition?.(index) ?? (keys[index] ?? 0) % 3
    verifier.add({ partition, value: Buffer.from(`\0\x02{"id":"${toMessageId(plan, index)}"}`) })
  }
  for (const value of change.extra ?? []) verifier.add({ partition: 0, value })
  const report = verifier.finish()
  return { report, problems: findAcceptanceProblems(report) }
}

describe('the verifier of accepted webhooks', () => {
  it('finds nothing wrong where all that was accepted is there once and in order', () => {
    const { report, problems } = verify()
    expect(problems).toEqual([])
    expect(report).toMatchObject({ accepted: 30, missing: 0, doubled: 0, outOfOrder: 0, foreign: 0 })
  })

  it('names an accepted id that is missing', () => {
    const { report, problems } = verify({ topic: all.filter((index) => index !== 12) })
    expect(report.missing).toBe(1)
    expect(problems.join()).toContain(toMessageId(plan, 12))
  })

  it('names an id that is doubled', () => {
    const { report, problems } = verify({ topic: [...all, 12] })
    expect(report).toMatchObject({ doubled: 1, outOfOrder: 0 })
    expect(problems).toHaveLength(1)
  })

  it('names a message that lies behind a later one of its contact', () => {
    const swapped = all.map((index) => (index === first ? second : index === second ? first : index))
    const { report, problems } = verify({ topic: swapped })
    expect(report.outOfOrder).toBe(1)
    expect(problems.join()).toContain(toMessageId(plan, first))
  })

  it('notices a late one even behind several', () => {
    const late = [...all.filter((index) => index !== second), second]
    expect(verify({ topic: late }).report.outOfOrder).toBe(1)
    expect(verify({ topic: [third, ...all.filter((index) => index !== third)] }).report.outOfOrder).toBe(2)
  })

  it('asks for no order between messages that were under way together', () => {
    const swapped = all.map((index) => (index === first ? second : index === second ? first : index))
    expect(verify({ topic: swapped, answeredMs: { [first]: second * 10 + 1 } }).problems).toEqual([])
  })

  it('asks for no order between contacts', () => {
    const other = keys[0] === keys[1] ? 2 : 1
    const swapped = all.map((index) => (index === 0 ? other : index === other ? 0 : index))
    expect(verify({ topic: swapped }).problems).toEqual([])
  })

  it('names a contact whose messages lie in two partitions', () => {
    const { report } = verify({ partition: (index) => (index === third ? 9 : (keys[index] ?? 0) % 3) })
    expect(report.scattered).toBe(1)
  })

  it.each([401, 413])('names what was refused with %i and is there all the same', (status) => {
    const { report, problems } = verify({ status: { [second]: status } })
    expect(report.refusedYetThere).toBe(1)
    expect(problems).toHaveLength(1)
  })

  it('allows what was answered 503, or not at all, to be there or not', () => {
    const status = { [second]: 503, [third]: 1 }
    const { report, problems } = verify({ status, topic: all.filter((index) => index !== second) })
    expect(problems).toEqual([])
    expect(report).toMatchObject({ accepted: 28, unacknowledgedThere: 1 })
  })

  it('counts records that are not of these loads', () => {
    const elsewhere = [
      { ...plan, seed: 12 },
      { ...plan, load: 2 },
    ].map((other) => Buffer.from(toMessageId(other, 0)))
    const { report, problems } = verify({ extra: [...elsewhere, Buffer.from('tombstone')] })
    expect(report.foreign).toBe(3)
    expect(problems).toEqual([])
  })

  it('refuses loads that share a number, since their ids would be the same', () => {
    const result = { status: new Uint16Array(30), sentMs: new Float64Array(30), answeredMs: new Float64Array(30) }
    expect(() =>
      createAcceptanceVerifier([
        { plan, result },
        { plan, result },
      ]),
    ).toThrow(TypeError)
  })
})
