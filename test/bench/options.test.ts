import { describe, expect, it } from 'vitest'
import { parseOptions } from './options.ts'

describe('the options of the race', () => {
  it('has a default for everything', () => {
    expect(parseOptions([])).toMatchObject({
      kind: 'run',
      options: { rounds: 3, seconds: 8, connections: [32, 128, 512], rate: 5_000, json: false },
    })
  })

  it('reads lists', () => {
    const parsed = parseOptions(['--connections', '8,16', '--only', 'fastify,murmuration', '--rate', '0'])
    expect(parsed).toMatchObject({ options: { connections: [8, 16], only: ['fastify', 'murmuration'], rate: 0 } })
  })

  it.each([
    [['--rounds', '0'], '--rounds'],
    [['--connections', '32,many'], '--connections'],
    [['--only', 'nginx'], 'nginx'],
    [['--fast'], '--fast'],
  ])('refuses %j and says why', (args, told) => {
    const parsed = parseOptions(args)
    expect(parsed.kind).toBe('wrong')
    expect(parsed.kind === 'wrong' && parsed.why).toContain(told)
  })
})
