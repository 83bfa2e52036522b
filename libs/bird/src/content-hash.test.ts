import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, hashContent } from './content-hash.ts'

describe('canonicalJson', () => {
  it('is JSON of the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('writes any text exactly as JSON.stringify does', () => {
    const text = fc.string({
      unit: fc.oneof(fc.constantFrom('"', '\\', '\u007f', '\n', '\ud800', ' ', '~'), fc.string()),
    })
    fc.assert(
      fc.property(text, (value) => {
        expect(canonicalJson({ [value]: value })).toBe(JSON.stringify({ [value]: value }))
      }),
    )
  })

  it('sorts keys at every depth', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'x' })).toBe('{"a":"x","b":[{"c":null,"d":1}]}')
  })

  it('is well-formed for any text, and says null for what JSON lacks', () => {
    expect(canonicalJson({ '\ud800': '\udfff' }).isWellFormed()).toBe(true)
    expect(canonicalJson([undefined, Number.POSITIVE_INFINITY])).toBe('[null,null]')
  })
})

describe('hashContent', () => {
  it('is the first 32 hex digits of a SHA-256', () => {
    expect(hashContent({})).toBe('44136fa355b3678a1146ad16f7e8649e')
  })
})
