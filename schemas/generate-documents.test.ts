import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { catalog, recordNames } from './catalog.ts'
import { describeFields } from './describe-fields.ts'
import { generateAsyncApi } from './generate-asyncapi.ts'
import { generateReference } from './generate-reference.ts'
import { loadSchema } from './load-schema.ts'
import { personalFieldsOf } from './personal-fields.ts'
import { escapeHtml } from './reference-html.ts'

function committed(name: string): string {
  return readFileSync(new URL(`../docs/reference/${name}`, import.meta.url), 'utf8')
}

describe('the documents of the topics', () => {
  it('are committed byte for byte as generated, so that nobody edits them or forgets `npm run generate`', () => {
    expect(generateAsyncApi() === committed('asyncapi.json')).toBe(true)
    expect(generateReference() === committed('index.html')).toBe(true)
  })

  it('show every field of every record with its doc, on the page', () => {
    const page = generateReference()
    for (const record of recordNames) {
      const section = page.split(`<h2 id="${record}">`)[1]?.split('</section>')[0] ?? ''
      expect(section).toContain(catalog[record].topic)
      for (const { path, field } of describeFields(loadSchema(record))) {
        expect(section).toContain(`<code>${escapeHtml(path)}</code>`)
        expect(section).toContain(escapeHtml(field.doc ?? ''))
      }
    }
  })

  it('quote the dedupe query as it is run by the recipes', () => {
    const sql = readFileSync(new URL('../docs/recipes/dedupe.sql', import.meta.url), 'utf8')
    const statement = sql
      .split('\n')
      .filter((line) => !line.startsWith('--'))
      .join('\n')
    expect(readFileSync(new URL('../docs/how-to-consume.md', import.meta.url), 'utf8')).toContain(statement)
  })

  it('load nothing from elsewhere and run no script, so that the page works without a network', () => {
    expect(generateReference()).not.toMatch(
      /<(script|link|img|iframe|object)\b|@import|url\(|\ssrc=|https?:\/\/(?!media\.example\.com)/,
    )
  })
})

describe('describeFields', () => {
  it('names nested fields by their path, through unions and arrays', () => {
    const fields = describeFields(loadSchema('message'))
    const types = fields.map(({ path, type, nullable }) => `${path}: ${type}${nullable ? ' or null' : ''}`)
    expect(types).toContain('occurredAt: timestamp-millis')
    expect(types).toContain('media: MessageMedia[]')
    expect(types).toContain('media.filename: string or null')
    expect(types).toContain('location: MessageLocation or null')
    expect(types).toContain('location.latitude: double')
  })
})

describe('personalFieldsOf', () => {
  it("names what a message says about a person, and not Bird's ids", () => {
    expect(personalFieldsOf('message')).toEqual([
      'identifierValue',
      'contactName',
      'text',
      'media.url',
      'media.filename',
      'location.latitude',
      'location.longitude',
      'location.address',
      'location.label',
      'actions.text',
      'actions.payload',
      'platformReference',
      'reference',
      'meta',
      'unmappedBody',
    ])
  })

  it('names the free text of a failure, which may quote a phone number, and who did an operation', () => {
    expect(personalFieldsOf('message-status')).toEqual(['reason', 'reference'])
    expect(personalFieldsOf('operation')).toEqual(['actor'])
  })

  it('is empty for what the pipeline says of itself and of erasures', () => {
    expect(personalFieldsOf('partition-outcomes')).toEqual([])
    expect(personalFieldsOf('erasure')).toEqual([])
  })
})
