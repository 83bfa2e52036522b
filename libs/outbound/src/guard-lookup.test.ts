import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { describe, expect, it } from 'vitest'
import { guardLookup } from './guard-lookup.ts'
import { OutboundRefusedError } from './outbound-errors.ts'

const PUBLIC_V4 = { address: '52.216.0.1', family: 4 }
const PUBLIC_V6 = { address: '2600:1f18::1', family: 6 }

function resolver(answer: LookupAddress[] | Error): LookupFunction {
  return (_hostname, _options, callback) => (answer instanceof Error ? callback(answer, []) : callback(null, answer))
}

function lookUp(lookup: LookupFunction, options: { readonly all: boolean }): Promise<unknown> {
  return new Promise((resolve, reject) => {
    guardLookup(lookup)('storage.example', options, (error, ...rest) =>
      error === null ? resolve(rest) : reject(error),
    )
  })
}

describe('guardLookup', () => {
  it('hands all public addresses on', async () => {
    expect(await lookUp(resolver([PUBLIC_V4, PUBLIC_V6]), { all: true })).toEqual([[PUBLIC_V4, PUBLIC_V6]])
  })

  it('hands the first one on where only one is asked for', async () => {
    expect(await lookUp(resolver([PUBLIC_V6, PUBLIC_V4]), { all: false })).toEqual([PUBLIC_V6.address, 6])
  })

  it.each([
    ['a private address', [{ address: '10.0.0.1', family: 4 }]],
    ['a private address behind a public one', [PUBLIC_V4, { address: '127.0.0.1', family: 4 }]],
    ['a private address even when only the public first one is asked for', [PUBLIC_V4, { address: '::1', family: 6 }]],
    ['an IPv4-mapped address', [{ address: '::ffff:10.0.0.1', family: 6 }]],
    ['no address at all', []],
  ])('refuses a name that resolves to %s', async (_what, answer) => {
    for (const all of [true, false]) {
      await expect(lookUp(resolver(answer), { all })).rejects.toBeInstanceOf(OutboundRefusedError)
    }
  })

  it('judges each answer anew: a name that turns private is refused then (DNS rebinding)', async () => {
    const answers = [[PUBLIC_V4], [{ address: '127.0.0.1', family: 4 }]]
    const rebinding: LookupFunction = (_hostname, _options, callback) => callback(null, answers.shift() ?? [])
    expect(await lookUp(rebinding, { all: true })).toEqual([[PUBLIC_V4]])
    await expect(lookUp(rebinding, { all: true })).rejects.toMatchObject({ reason: 'private-address' })
  })

  it('passes a failed lookup on as it is', async () => {
    const error = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
    await expect(lookUp(resolver(error), { all: true })).rejects.toBe(error)
  })
})
