import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ConfigInvalidError, integer, list, readConfig, secret, text } from './read-config.ts'
import { sharedSettings } from './shared-settings.ts'

const settings = {
  NAME: { doc: 'A name.', schema: text() },
  PORT: { doc: 'A port.', schema: integer({ min: 1, max: 65_535 }).default(8080) },
  BROKERS: { doc: 'Some brokers.', schema: list() },
  TOKEN: { doc: 'A token.', schema: secret() },
}
const folder = mkdtempSync(join(tmpdir(), 'read-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileWith(content: string): string {
  const path = join(folder, `secret-${content.length}`)
  writeFileSync(path, content)
  return path
}

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(settings, env)
  } catch (error) {
    if (error instanceof ConfigInvalidError) return error.problems
    throw error
  }
  return []
}

describe('readConfig', () => {
  it('reads values by their schemas, and defaults where nothing is set', () => {
    const config = readConfig(settings, { NAME: 'n', BROKERS: ' a:1, b:2,,', TOKEN: 's3cret' })
    expect(config).toMatchObject({ NAME: 'n', PORT: 8080, BROKERS: ['a:1', 'b:2'] })
    expect(config.TOKEN.reveal()).toBe('s3cret')
  })

  it('takes an empty variable as not set, as compose files write it', () => {
    expect(readConfig(settings, { NAME: 'n', BROKERS: 'a:1', TOKEN: 't', PORT: '' }).PORT).toBe(8080)
  })

  it('lists all problems at once, each with its name and its meaning', () => {
    const problems = problemsOf({ PORT: '70000' })
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['NAME', 'PORT', 'BROKERS', 'TOKEN'])
    expect(problems[0]).toBe('NAME: is not set. A name.')
    expect(problems[1]).toContain('A port.')
  })

  it('refuses a port that is no whole number in its range', () => {
    for (const port of ['0', '1.5', '65536', 'http'])
      expect(problemsOf({ NAME: 'n', BROKERS: 'b', TOKEN: 't', PORT: port })).toHaveLength(1)
  })

  it('never quotes a value: it may be a secret under the wrong name', () => {
    const strict = { URL: { doc: 'A URL.', schema: z.url() }, LEVEL: { doc: 'A level.', schema: z.enum(['a', 'b']) } }
    const env = { URL: 'hunter2', LEVEL: 'hunter2' }
    expect(() => readConfig(strict, env)).toThrow(ConfigInvalidError)
    expect(() => readConfig(strict, env)).not.toThrow('hunter2')
  })

  it('reads NAME from the file that NAME_FILE names, without its final line break', () => {
    const env = { NAME: 'n', BROKERS: 'b', TOKEN_FILE: fileWith('line one\nline two\r\n') }
    expect(readConfig(settings, env).TOKEN.reveal()).toBe('line one\nline two')
  })

  it('prefers NAME over NAME_FILE, and reads no file then', () => {
    const env = { NAME: 'n', BROKERS: 'b', TOKEN: 'direct', TOKEN_FILE: join(folder, 'missing') }
    expect(readConfig(settings, env).TOKEN.reveal()).toBe('direct')
  })

  it('counts a file that cannot be read among the problems', () => {
    const problems = problemsOf({ BROKERS: 'b', TOKEN_FILE: join(folder, 'missing') })
    expect(problems).toHaveLength(2)
    expect(problems[1]).toMatch(/^TOKEN_FILE: ENOENT/)
  })

  it('takes an empty file as not set', () => {
    expect(problemsOf({ NAME: 'n', BROKERS: 'b', TOKEN_FILE: fileWith('\n') })).toHaveLength(1)
  })
})

describe('the shared settings', () => {
  it('need exactly brokers and database; everything else has a default', () => {
    const env = { KAFKA_BROKERS: 'a:1', DATABASE_URL: 'postgres://u:p@h/d' }
    expect(readConfig(sharedSettings, env)).toMatchObject({
      KAFKA_TOPIC_PREFIX: '',
      CLIENT_ID: '',
      ADMIN_HOST: '127.0.0.1',
      ADMIN_PORT: 0,
      LOG_LEVEL: 'info',
      SHUTDOWN_DEADLINE_MS: 15_000,
    })
    expect(() => readConfig(sharedSettings, {})).toThrow(/KAFKA_BROKERS: is not set.*\n.*DATABASE_URL: is not set/)
  })

  it('have an example wherever there is no default', () => {
    for (const [name, setting] of Object.entries(sharedSettings)) {
      if (!setting.schema.safeParse(undefined).success) expect(setting, name).toHaveProperty('example')
    }
  })

  it('refuse a list of brokers that names none', () => {
    expect(() => readConfig({ KAFKA_BROKERS: sharedSettings.KAFKA_BROKERS }, { KAFKA_BROKERS: ' , ' })).toThrow(
      'names no broker',
    )
  })
})
