import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { groups } from './groups.ts'
import { murmur } from './murmur.fixture.ts'

/** A child process of Node, twice, on a busy machine. */
const TIMEOUT_MS = 30_000

/** An address on which nobody listens. */
async function deadAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('the socket has no port')
  return `127.0.0.1:${address.port}`
}

describe('murmur', { timeout: TIMEOUT_MS }, () => {
  it('explains every word with --help and ends with 0', async () => {
    const { code, out, err } = await murmur(['--help'])
    expect([code, err]).toEqual([0, ''])
    for (const words of [/db +migrate/, /verify +--request/]) expect(out).toMatch(words)
    for (const [word, commands] of Object.entries(groups))
      for (const command of Object.keys(commands)) expect(out).toMatch(new RegExp(`${word} +${command} `))
  })

  it('explains itself and ends with 2 without a word', async () => {
    const { code, out } = await murmur([])
    expect(code).toBe(2)
    expect(out).toContain('murmur WORD COMMAND')
  })

  it.each(['destroy', 'toString', '__proto__', '--json'])('does not understand %s and ends with 2', async (word) => {
    const { code, out, err } = await murmur([word])
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(`not understood: ${word}`)
    expect(err).not.toContain('    at ')
  })

  it.each([
    ['topics', 'KAFKA_BROKERS'],
    ['schemas', 'SCHEMA_REGISTRY_URL'],
    ['parked', 'KAFKA_BROKERS'],
    ['letters', 'SCHEMA_REGISTRY_URL'],
    ['verify', 'SOURCES_FILE'],
  ])('explains the commands of %s, and what they read', async (word, setting) => {
    const { code, out } = await murmur([word, '--help'])
    expect(code).toBe(0)
    expect(out).toContain(setting)
  })

  it('lists every missing setting and ends with 2', async () => {
    const { code, err } = await murmur(['topics', 'apply'], { TOPIC_REPLICATION_FACTOR: 'many' })
    expect(code).toBe(2)
    expect(err).toContain('KAFKA_BROKERS')
    expect(err).toContain('TOPIC_REPLICATION_FACTOR')
  })

  it('checks the schemas of the repository in an environment of nothing', async () => {
    const { code, out, err } = await murmur(['schemas', 'check', '--json'])
    expect([code, err]).toEqual([0, ''])
    expect(JSON.parse(out).problems).toEqual([])
  })

  it('says that Kafka is away, and ends with 1, when no broker can be reached', async () => {
    const { code, out, err } = await murmur(['topics', 'apply', '--json'], { KAFKA_BROKERS: await deadAddress() })
    expect(code).toBe(1)
    expect(JSON.parse(out).error).toBe('MUR_KAFKA_UNAVAILABLE')
    expect(err).toContain('Kafka is not available')
    expect(err).not.toContain('    at ')
  })

  it.each([
    ['parked', 'discard'],
    ['letters', 'redrive'],
  ])('asks for all that %s %s needs at once, reaches nothing, and ends with 2', async (...words) => {
    const { code, err } = await murmur([...words, '--since', 'long ago'])
    expect(code).toBe(2)
    expect(err).toContain('--since long ago')
    const other = await murmur([...words])
    expect(other.code).toBe(2)
    for (const needed of ['--because', '--consumer', '--all']) expect(other.err).toContain(needed)
  })

  it('says that Kafka is away, and ends with 1, when what is parked can not be looked at', async () => {
    const { code, out } = await murmur(['parked', 'list', '--json'], {
      KAFKA_BROKERS: await deadAddress(),
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
    })
    expect([code, JSON.parse(out).error]).toEqual([1, 'MUR_KAFKA_UNAVAILABLE'])
  })

  it('says that the registry is away, and ends with 1, when it can not be reached', async () => {
    const address = await deadAddress()
    const { code, err } = await murmur(['schemas', 'push'], {
      SCHEMA_REGISTRY_URL: `http://${address}/apis/ccompat/v7`,
    })
    expect(code).toBe(1)
    expect(err).toContain(`schema registry http://${address}/apis/ccompat/v7 is not available`)
  })
})
