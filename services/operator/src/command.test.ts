import { ConfigInvalidError } from '@murmuration/config'
import { KafkaUnavailableError } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import { type Command, runCommand } from './command.ts'

function given(run: Command['run'] = async () => ({ text: 'applied', json: { applied: 1 } })) {
  const said = { out: '', err: '' }
  const io = {
    usage: 'usage of the group',
    env: { NAME: 'value' },
    out: (text: string) => {
      said.out += text
    },
    err: (text: string) => {
      said.err += text
    },
  }
  const commands = { apply: { usage: 'usage of apply', run } }
  return { said, run: (...args: readonly string[]) => runCommand(commands, args, io) }
}

function failing(error: unknown): Command['run'] {
  return () => Promise.reject(error)
}

describe('runCommand', () => {
  it('runs a command, says what it did, and ends with 0', async () => {
    const { said, run } = given()
    expect(await run('apply')).toBe(0)
    expect(said).toEqual({ out: 'applied\n', err: '' })
  })

  it('hands the environment to the command', async () => {
    const { said, run } = given(async ({ env }) => ({ text: env.NAME ?? '', json: null }))
    await run('apply')
    expect(said.out).toBe('value\n')
  })

  it('says what it did as one line of JSON with --json, before or after the command', async () => {
    for (const args of [['apply', '--json'] as const, ['--json', 'apply'] as const]) {
      const { said, run } = given()
      expect(await run(...args)).toBe(0)
      expect(said).toEqual({ out: '{"applied":1}\n', err: '' })
    }
  })

  it.each(['--help', '-h'])('explains the command with %s and does not run it', async (flag) => {
    const { said, run } = given(failing(new Error('it ran')))
    expect(await run('apply', flag)).toBe(0)
    expect(said).toEqual({ out: 'usage of apply\n', err: '' })
  })

  it('explains the whole group where --help names no command', async () => {
    const { said, run } = given()
    expect(await run('--help')).toBe(0)
    expect(said.out).toBe('usage of the group\n')
  })

  it.each([
    [[], 'no command'],
    [['destroy'], 'destroy'],
    [['toString'], 'toString'],
    [['constructor'], 'constructor'],
    [['apply', '--force'], '--force'],
    [['apply', 'everything'], 'everything'],
  ])('ends with 2 and names what it did not understand of %j, without running anything', async (args, named) => {
    const { said, run } = given(failing(new Error('it ran')))
    expect(await run(...args)).toBe(2)
    expect(said.out).toBe('')
    expect(said.err).toContain(`not understood: ${named}\n`)
    expect(said.err).toContain('usage of')
  })

  it('ends with 1 and says why when a command fails', async () => {
    const { said, run } = given(failing(new KafkaUnavailableError('connection refused')))
    expect(await run('apply')).toBe(1)
    expect(said).toEqual({ out: '', err: 'Kafka is not available: connection refused\n' })
  })

  it('ends with 2 and lists every problem when the configuration is wrong', async () => {
    const { said, run } = given(failing(new ConfigInvalidError(['A: is not set', 'B: is not set'])))
    expect(await run('apply')).toBe(2)
    expect(said.err).toMatch(/A: is not set[\s\S]*B: is not set/)
  })

  it('tells a failure to programs by its code with --json, and to people on standard error', async () => {
    const { said, run } = given(failing(new KafkaUnavailableError('connection refused')))
    expect(await run('apply', '--json')).toBe(1)
    expect(JSON.parse(said.out)).toEqual({
      error: 'MUR_KAFKA_UNAVAILABLE',
      message: 'Kafka is not available: connection refused',
    })
    expect(said.err).toContain('connection refused')
  })
})
