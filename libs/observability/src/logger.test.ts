import { execFile } from 'node:child_process'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createLogger, silentLogger } from './logger.ts'

function listen(level = 'info') {
  const lines: string[] = []
  const logger = createLogger({ service: 'crm-sync', level, destination: { write: (line) => lines.push(line) } })
  return { logger, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

describe('createLogger', () => {
  it('writes one JSON line with time, level, service, message and fields, and nothing else', () => {
    const { logger, lines, parsed } = listen()
    logger.info('settled', { offset: '41', attempt: 1, eventId: null, reason: undefined })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^\{.*\}\n$/)
    const { time, ...rest } = parsed()[0] ?? {}
    expect(rest).toEqual({
      level: 'info',
      service: 'crm-sync',
      message: 'settled',
      offset: '41',
      attempt: 1,
      eventId: null,
    })
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('says neither pid nor host name: the platform adds what it wants to know', () => {
    const { logger, lines } = listen()
    logger.warn('x')
    expect(lines.join('')).not.toContain('"pid"')
    expect(lines.join('')).not.toContain(`"${hostname()}"`)
  })

  it('keeps a line break inside a field from starting a second line', () => {
    const { logger, lines } = listen()
    logger.error('failed', { stack: 'at a\nat b' })
    expect(lines.join('').trimEnd()).not.toContain('\n')
  })

  it('has written every line, in order, when the process exits while its thread pool is busy', async () => {
    const script = fileURLToPath(new URL('./testing/log-and-exit.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [script])
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { line: number }).line)).toEqual(
      Array.from({ length: 10 }, (_, index) => index + 1),
    )
  })

  it('leaves out what lies below its level', () => {
    const { logger, parsed } = listen('warn')
    logger.debug('a')
    logger.info('b')
    logger.warn('c')
    logger.error('d')
    expect(parsed().map((line) => [line.level, line.message])).toEqual([
      ['warn', 'c'],
      ['error', 'd'],
    ])
  })

  it('adds the fields of a child to each of its lines, and to none of its parent', () => {
    const { logger, parsed } = listen()
    logger.child({ component: 'kafkajs' }).child({ broker: 1 }).info('a')
    logger.info('b')
    expect(parsed()[0]).toMatchObject({ component: 'kafkajs', broker: 1 })
    expect(parsed()[1]).not.toHaveProperty('component')
  })
})

describe('silentLogger', () => {
  it('says nothing, and neither do its children', () => {
    for (const logger of [silentLogger, silentLogger.child({ a: 1 })]) {
      expect(logger.info('x')).toBeUndefined()
      expect(logger.error('x', { a: 1 })).toBeUndefined()
    }
  })
})
