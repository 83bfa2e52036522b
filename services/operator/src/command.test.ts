import { ConfigInvalidError } from '@murmuration/config'
import { KafkaUnavailableError } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import { type Command, runCommand } from './command.ts'
import type { CommandSyntax } from './command-args.ts'

function given(
  run: Command['run'] = async () => ({ text: 'applied', json: { applied: 1 } }),
  syntax: CommandSyntax = {},
) {
  const said = { out: '', err: '' }
  const io = {
    env: { NAME: 'value' },
    out: (text: string) => {
      said.out += text
    },
    err: (text: string) => {
      said.err += text
    },
    now: () => 0,
    newId: () => 'id',
    user: () => 'nobody@nowhere',
  }
  const commands = { apply: { usage: 'usage of apply', run, ...syntax }, plan: { usage: 'usage of plan', run } }
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
    expect(said.err).toBe('')
    expect(said.out).toMatch(/^usage of apply\n\n {2}--json .*\n {2}--help /)
  })

  it('explains the whole group where --help names no command', async () => {
    const { said, run } = given()
    expect(await run('--help')).toBe(0)
    expect(said.out).toMatch(/^usage of apply\n[\s\S]*usage of plan\n/)
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

  it('ends with 1, and prints what was found, when the answer of a command is no', async () => {
    const { said, run } = given(async () => ({ text: '2 problems', json: [1, 2], failed: true }))
    expect(await run('apply')).toBe(1)
    expect(said).toEqual({ out: '2 problems\n', err: '' })
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

  describe('of a command with options and operands of its own', () => {
    const syntax: CommandSyntax = {
      options: [
        { name: '--dry-run', about: 'change nothing' },
        { name: '--file', value: 'FILE', about: 'read from FILE' },
      ],
      operands: ['TOPIC'],
    }
    const echo: Command['run'] = async (_, { flags, values, operands }) => ({
      text: '',
      json: { flags: [...flags].filter((flag) => flag !== '--json'), values: Object.fromEntries(values), operands },
    })

    it.each([
      [['orders'], { flags: [], values: {}, operands: ['orders'] }],
      [['--dry-run', 'orders'], { flags: ['--dry-run'], values: {}, operands: ['orders'] }],
      [['--file', 'a.yaml', 'orders'], { flags: [], values: { '--file': 'a.yaml' }, operands: ['orders'] }],
      [['orders', '--file=a=b'], { flags: [], values: { '--file': 'a=b' }, operands: ['orders'] }],
      [['orders', '--file=a', '--file', 'b'], { flags: [], values: { '--file': 'b' }, operands: ['orders'] }],
    ])('reads %j', async (args, expected) => {
      const { said, run } = given(echo, syntax)
      expect(await run('apply', '--json', ...args)).toBe(0)
      expect(JSON.parse(said.out)).toEqual(expected)
    })

    it.each([
      [[], 'no TOPIC'],
      [['orders', 'events'], 'events'],
      [['orders', '--dry-run=yes'], '--dry-run=yes'],
      [['orders', '--file'], '--file without FILE'],
      [['orders', '--force', '-x'], '--force -x'],
    ])('ends with 2 and names what it did not understand of %j', async (args, named) => {
      const { said, run } = given(failing(new Error('it ran')), syntax)
      expect(await run('apply', ...args)).toBe(2)
      expect(said.err).toContain(`not understood: ${named}\n`)
    })

    it('lists its options in its help, before those that every command has', async () => {
      const { said, run } = given(echo, syntax)
      await run('apply', '--help')
      expect(said.out).toMatch(/--dry-run {4}change nothing\n {2}--file FILE {2}read from FILE\n {2}--json /)
    })
  })
})
