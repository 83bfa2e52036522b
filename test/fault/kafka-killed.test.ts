import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keepReport } from './fault-report.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'
import { createRandom, faultSeed } from './seeded.ts'

/** Conversations that are played while Kafka dies, side by side. */
const CONVERSATIONS = 8

let pipeline: Pipeline

beforeAll(async () => {
  pipeline = await startPipeline()
})

afterAll(async () => {
  await pipeline.close()
})

describe('kafka-killed', () => {
  it('I1: nothing that was answered 2xx is missing at any consumer when Kafka is killed twice in the middle', async () => {
    const random = createRandom(faultSeed)
    const kafka = pipeline.everything.parts.get('kafka')
    if (kafka?.pid === undefined) throw new Error('Kafka is not ours to kill')

    const playing = Promise.all(Array.from({ length: CONVERSATIONS }, () => pipeline.play()))
    const pids = new Set<number>()
    for (let kill = 0; kill < 2; kill += 1) {
      // The only sleep of this test is the fault's own time, which the seed decides.
      await sleep(50 + random() * 400)
      pids.add(kafka.pid)
      process.kill(kafka.pid, 'SIGKILL')
      await kafka.exited
      await expect.poll(() => kafka.isRunning(), { timeout: 60_000 }).toBe(true)
    }
    const played = (await playing).flat()

    const answers: Record<string, number> = {}
    for (const { answer } of played) answers[answer.status] = (answers[answer.status] ?? 0) + 1
    const unmeasured = { maxAnswerMs: Number.NaN, firstMs: Number.NaN, steadyMs: Number.NaN, peakRssBytes: Number.NaN }
    expect(pids.size).toBe(2)
    expect(played.map(({ step, answer }) => `${step.name} ${answer.status}`)).toEqual(
      played.map(({ step }) => `${step.name} ${step.status}`),
    )
    const report = await pipeline.endsOf(played, { patienceMs: 60_000 })
    expect(report).toEqual({ missing: [], wrong: [], checked: report.checked })
    expect(report.checked).toBeGreaterThan(CONVERSATIONS * 20)
    const note = `${report.checked} ends checked, ${report.missing.length} missing`
    keepReport({ name: 'kafka-killed', answers, ...unmeasured, notReady: undefined, note, problems: [] })

    const accepted = played.flatMap(({ answer }) => (answer.result === 'accepted' ? [answer.rawRef] : []))
    const trail = await pipeline.auditTrail()
    const audited = new Set(trail.map((line) => line.eventId))
    expect(accepted.filter((rawRef) => rawRef === undefined || !audited.has(rawRef))).toEqual([])
    // A produce request whose answer was lost is sent again, and Kafka writes it once; a raw record's id is one delivery's own.
    const raw = trail.filter((line) => accepted.includes(line.eventId)).map((line) => line.eventId)
    expect(raw.filter((id, index) => raw.indexOf(id) !== index)).toEqual([])
    const offsets = trail.map((line) => `${line.t} ${line.p} ${line.o}`)
    expect(offsets.filter((offset, index) => offsets.indexOf(offset) !== index)).toEqual([])
  })
})
