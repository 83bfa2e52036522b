import { readFileSync } from 'node:fs'
import { Parser } from '@asyncapi/parser'
import { avroTypeOf } from '@murmuration/avro'
import { catalog, groupsOf, loadSchema, recordNames, writersOf } from '@murmuration/schemas'
import { expect, it } from 'vitest'
import { exampleOf } from '../../libs/avro/src/testing/examples.ts'

const text = readFileSync(new URL('../../docs/reference/asyncapi.json', import.meta.url), 'utf8')
const { document, diagnostics } = await new Parser().parse(text)

it('is an AsyncAPI 3.0 document without an error or a warning, says the parser of the AsyncAPI initiative', () => {
  // 3.1 is out and the parser says so; tools of readers are slower.
  const findings = diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version')
  expect(findings.map(({ message, path }) => `${path.join('.')}: ${message}`)).toEqual([])
  expect(document?.version()).toBe('3.0.0')
})

it('has a channel for each topic of the catalog, and no other', () => {
  const addresses = document
    ?.channels()
    .all()
    .map((channel) => channel.address())
  expect(addresses).toEqual(recordNames.map((record) => catalog[record].topic))
})

it('lets each writer of a topic send, and each subscribed group receive', () => {
  const operations = document?.operations().all() ?? []
  const expected = recordNames.flatMap((record) => [
    ...writersOf(record).map(() => `send ${catalog[record].topic}`),
    ...groupsOf(record).map(() => `receive ${catalog[record].topic}`),
  ])
  const found = operations.map((operation) => `${operation.action()} ${operation.channels().all()[0]?.address()}`)
  expect(found).toEqual(expected)
})

it.each(recordNames)('describes %s by the very schema that is registered, and its example fits', (record) => {
  const raw = JSON.parse(text) as {
    components: { messages: Record<string, { payload: { schema: unknown } }> }
  }
  expect(raw.components.messages[record]?.payload.schema).toEqual(loadSchema(record))
  // The parser lets any Avro pass: avsc is the judge.
  expect(avroTypeOf(record).isValid(exampleOf(record))).toBe(true)
})
