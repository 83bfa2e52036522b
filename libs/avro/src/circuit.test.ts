import { beforeEach, describe, expect, it } from 'vitest'
import { RegistryUnavailableError, SchemaUnknownError } from './avro-errors.ts'
import { type Circuit, createCircuit } from './circuit.ts'

const AWAY = new RegistryUnavailableError({ url: 'http://r', why: 'gone' })

let circuit: Circuit
let nowMs: number
let states: string[]
let asked: number

beforeEach(() => {
  nowMs = 0
  states = []
  asked = 0
  circuit = createCircuit({
    failuresToOpen: 3,
    restMs: 2_000,
    nowMs: () => nowMs,
    onChange: (state) => states.push(state),
  })
})

function fail(error: Error = AWAY): Promise<unknown> {
  return circuit.run(() => {
    asked += 1
    return Promise.reject(error)
  })
}

function succeed(): Promise<string> {
  return circuit.run(async () => {
    asked += 1
    return 'answer'
  })
}

async function openIt(): Promise<void> {
  for (let failure = 0; failure < 3; failure += 1) await expect(fail()).rejects.toThrow(AWAY)
  asked = 0
}

describe('createCircuit', () => {
  it('asks on while failures are not in a row', async () => {
    for (const step of [fail, fail, succeed, fail, fail, succeed]) await step().catch(() => undefined)
    expect(asked).toBe(6)
    expect(states).toEqual([])
  })

  it('asks nothing for a while after failures in a row, and fails as the last one did', async () => {
    await openIt()
    nowMs = 1_999
    await expect(succeed()).rejects.toBe(AWAY)
    expect(asked).toBe(0)
    expect(states).toEqual(['open'])
  })

  it('lets one question through after the while, and all others when it was answered', async () => {
    await openIt()
    nowMs = 2_000
    const answered = Promise.withResolvers<string>()
    const probe = circuit.run(() => answered.promise)
    await expect(succeed()).rejects.toBe(AWAY)
    answered.resolve('answer')
    expect(await probe).toBe('answer')
    expect(await succeed()).toBe('answer')
    expect(states).toEqual(['open', 'closed'])
  })

  it('rests again when that one fails too, and says so once', async () => {
    await openIt()
    nowMs = 2_000
    await expect(fail()).rejects.toThrow(AWAY)
    nowMs = 3_999
    await expect(succeed()).rejects.toBe(AWAY)
    nowMs = 4_000
    expect(await succeed()).toBe('answer')
    expect(states).toEqual(['open', 'closed'])
  })

  it('takes an error that is an answer as an answer', async () => {
    const no = new SchemaUnknownError({ schemaId: 1, why: 'is odd' })
    for (let time = 0; time < 5; time += 1) await expect(fail(no)).rejects.toBe(no)
    expect(asked).toBe(5)
    expect(states).toEqual([])
  })
})
