import { loadSchema } from '@murmuration/schemas'
import { type ConsumerToWrite, NewConsumerError } from './consumer-to-write.ts'
import { edits } from './edit-files.ts'
import { fillTemplate } from './fill-template.ts'

/** A file that is written, whole. */
export interface FileToWrite {
  /** From the root, with slashes. */
  readonly path: string
  readonly text: string
  readonly was: 'absent' | 'different'
}

/**
 * Every file that a new consumer adds or changes. Pure but for the schema that it loads.
 *
 * @param input.template files of the template, by path below its folder
 * @param input.readText text of a file of the repository, by path from the root
 * @throws {NewConsumerError} a file is not as this expects it; nothing should be written then
 */
export function planConsumer(
  consumer: ConsumerToWrite,
  input: { readonly template: ReadonlyMap<string, string>; readonly readText: (path: string) => string },
): readonly FileToWrite[] {
  const schema = loadSchema(consumer.record)
  const eventTypes = schema.fields.find(({ name }) => name === 'type')?.values ?? []
  if (eventTypes.length === 0) throw new NewConsumerError(`the schema of ${consumer.record} names no types`)
  const words = { ...consumer, recordType: schema.name, eventTypes }
  const written = [...input.template].map(([path, text]): FileToWrite => {
    return { path: `services/${consumer.name}/${path}`, text: fillTemplate(text, words), was: 'absent' }
  })
  const edited = Object.entries(edits).map(([path, edit]): FileToWrite => {
    try {
      return { path, text: edit(input.readText(path), consumer), was: 'different' }
    } catch (error) {
      if (!(error instanceof NewConsumerError)) throw error
      throw new NewConsumerError(`${path}: ${error.message}; add the row by hand, or mend deploy/new-consumer`)
    }
  })
  return [...written, ...edited]
}
