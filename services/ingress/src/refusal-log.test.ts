import { describe, expect, it } from 'vitest'
import { createMemoryLogger } from './ingress.fixture.ts'
import { createRefusalLog } from './refusal-log.ts'

function given() {
  let nowMs = 0
  const logger = createMemoryLogger()
  const log = createRefusalLog(logger, () => nowMs)
  const flood = (kind: string, times: number) => {
    for (let at = 0; at < times; at += 1) log.write(kind, { status: 503 })
  }
  const wait = (ms: number) => {
    nowMs += ms
  }
  return { logger, flood, wait }
}

describe('createRefusalLog', () => {
  it('tells each refusal while they are few', () => {
    const { logger, flood } = given()
    flood('a', 10)
    expect(logger.lines).toHaveLength(10)
    expect(logger.lines[0]).toBe('{"message":"a webhook was refused","status":503}')
  })

  it('tells ten a second of a flood, and the next second how many it kept back', () => {
    const { logger, flood, wait } = given()
    flood('a', 5_000)
    expect(logger.lines).toHaveLength(10)
    wait(1_000)
    flood('a', 2)
    expect(logger.lines).toHaveLength(12)
    expect(logger.lines[10]).toContain('"untold":4990')
    expect(logger.lines[11]).not.toContain('untold')
  })

  it('lets a flood of one kind hide no other kind', () => {
    const { logger, flood } = given()
    flood('a', 5_000)
    flood('b', 1)
    expect(logger.lines).toHaveLength(11)
  })
})
