import { beforeEach, describe, expect, it } from 'vitest'
import { RegistryUnavailableError } from './avro-errors.ts'
import type { Registry } from './registry-client.ts'
import { rememberSchemas } from './remember-schemas.ts'
import { createFakeRegistry, type FakeRegistry } from './testing/fake-registry.ts'

let fake: FakeRegistry
let registry: Registry
let nowMs: number
let delays: number[]
let duringDelay: () => void

beforeEach(() => {
  fake = createFakeRegistry(['message', 'erasure'])
  nowMs = 0
  delays = []
  duringDelay = () => undefined
  registry = rememberSchemas(fake, {
    maxSchemas: 3,
    confirmMs: 2_000,
    unknownMs: 60_000,
    clock: {
      nowMs: () => nowMs,
      delay: async (ms) => {
        delays.push(ms)
        duringDelay()
      },
    },
  })
})

describe('rememberSchemas', () => {
  it('asks once for an id, however many ask at the same time and later', async () => {
    await Promise.all([registry.schemaById(1), registry.schemaById(1)])
    await registry.schemaById(1)
    expect(fake.asked).toEqual([1])
  })

  it('believes a "no" only when it is said twice, some time apart', async () => {
    duringDelay = () => fake.register({ type: 'record', name: 'Late', fields: [] })
    expect(await registry.schemaById(3)).toMatchObject({ format: 'AVRO' })
    expect(delays).toEqual([2_000])
    expect(fake.asked).toEqual([3, 3])
  })

  it('remembers a "no" for a while: a flood of bad records does not become a flood of questions', async () => {
    expect(await registry.schemaById(9)).toBeUndefined()
    nowMs = 59_999
    expect(await registry.schemaById(9)).toBeUndefined()
    expect(fake.asked).toEqual([9, 9])
    nowMs = 60_000
    await registry.schemaById(9)
    expect(fake.asked).toEqual([9, 9, 9, 9])
  })

  it('remembers nothing of an outage, also when it comes between the two questions', async () => {
    duringDelay = () => fake.goAway(true)
    await expect(registry.schemaById(9)).rejects.toThrow(RegistryUnavailableError)
    duringDelay = () => undefined
    fake.goAway(false)
    expect(await registry.schemaById(9)).toBeUndefined()
    expect(fake.asked).toHaveLength(4)
  })

  it('forgets the oldest id when there are more than it may remember', async () => {
    for (const id of [1, 2, 9, 8, 1]) await registry.schemaById(id)
    expect(fake.asked).toEqual([1, 2, 9, 9, 8, 8, 1])
  })

  it('knows without asking, and at once, that an id above 2^31 - 1 is none', async () => {
    expect(await registry.schemaById(2 ** 31)).toBeUndefined()
    expect(fake.asked).toEqual([])
    expect(delays).toEqual([])
  })
})
