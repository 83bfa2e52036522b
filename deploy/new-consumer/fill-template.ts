import { catalog } from '@murmuration/schemas'
import { type ConsumerToWrite, NewConsumerError } from './consumer-to-write.ts'

/** What stands in the template where a consumer has words of its own. */
const TEMPLATE = { name: 'example-consumer', record: 'message', type: /\bMessage\b/g } as const

/**
 * A file of `deploy/consumer-template` as a consumer of its own has it. Pure.
 *
 * @param consumer.recordType name of the record's type, e.g. MessageStatus
 * @param consumer.eventTypes what its `type` may be, as the schema says
 */
export function fillTemplate(
  text: string,
  consumer: ConsumerToWrite & { readonly recordType: string; readonly eventTypes: readonly string[] },
): string {
  return withCases(text, consumer.eventTypes)
    .replaceAll(catalog[TEMPLATE.record].topic, catalog[consumer.record].topic)
    .replaceAll(TEMPLATE.name, consumer.name)
    .replaceAll(`'${TEMPLATE.record}'`, `'${consumer.record}'`)
    .replaceAll(TEMPLATE.type, consumer.recordType)
}

/** The cases of the one switch over event types. */
function withCases(text: string, eventTypes: readonly string[]): string {
  const head = 'switch (event.type) {\n'
  if (!text.includes(head)) return text
  const cases = /(?<=switch \(event\.type\) \{\n)( *)case '[^']+':\n(?: *case '[^']+':\n)*/
  if (!cases.test(text)) throw new NewConsumerError('the template has no cases behind its switch')
  return text.replace(cases, (_, indent: string) => eventTypes.map((type) => `${indent}case '${type}':\n`).join(''))
}
