import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { recordNames } from './catalog.ts'
import { generateTypes } from './generate-types.ts'
import { type AvroRecord, loadSchema } from './load-schema.ts'

function recordOf(fields: AvroRecord['fields']): AvroRecord {
  return { type: 'record', name: 'Sample', doc: 'A sample.', fields }
}

describe('generateTypes', () => {
  it('writes generated/types.ts byte for byte, so that nobody edits it or forgets `npm run generate`', () => {
    const committed = readFileSync(new URL('./generated/types.ts', import.meta.url))
    expect(Buffer.from(generateTypes(recordNames.map(loadSchema))).equals(committed)).toBe(true)
  })

  it('closes `type` over its documented values, and leaves every other open set a string', () => {
    const types = generateTypes([
      recordOf([
        { name: 'type', type: 'string', doc: 'What.', values: ['a.one', 'a.two'] },
        { name: 'origin', type: 'string', doc: 'How.', values: ['webhook', 'replay'] },
      ]),
    ])
    expect(types).toContain("readonly type: 'a.one' | 'a.two'")
    expect(types).toContain('/** How. Values: webhook, replay. */\n  readonly origin: string')
  })

  it('puts null last in a union, whatever its place in the schema', () => {
    const types = generateTypes([recordOf([{ name: 'x', type: ['null', 'string'], doc: 'X.', default: null }])])
    expect(types).toContain('readonly x: string | null')
  })

  it('tells personal data in the doc comment', () => {
    const types = generateTypes([recordOf([{ name: 'x', type: 'bytes', doc: 'X.', personal: true }])])
    expect(types).toContain('/** X. Personal data. */\n  readonly x: Buffer')
  })

  it('refuses a type that our schemas do not use, instead of writing nonsense', () => {
    expect(() => generateTypes([recordOf([{ name: 'x', type: 'duration' }])])).toThrow('duration')
  })
})
