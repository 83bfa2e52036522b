import { describe, expect, it } from 'vitest'
import { parseConsumerOptions } from './consumer-options.ts'

describe('the options of the consumer race', () => {
  it('race ten pairs of 10,000 records of everything by default', () => {
    expect(parseConsumerOptions([])).toMatchObject({
      kind: 'run',
      options: { pairs: 10, records: 10_000, keys: [1, 5, 20, 1_000], parts: ['sleep', 'http', 'failing'], peer: true },
    })
  })

  it('let a quick race be set like any other', () => {
    expect(parseConsumerOptions(['--quick', '--pairs', '1'])).toMatchObject({
      options: { pairs: 1, records: 2_000, quick: true },
    })
  })

  it.each([
    [['--pairs', '0'], '--pairs'],
    [['--keys', '1,many'], '--keys'],
    [['--parts', 'sleeping'], 'sleeping'],
    [['--fast'], '--fast'],
  ])('refuse %j and say why', (args, told) => {
    const parsed = parseConsumerOptions(args)
    expect(parsed.kind).toBe('wrong')
    expect(parsed.kind === 'wrong' && parsed.why).toContain(told)
  })
})
