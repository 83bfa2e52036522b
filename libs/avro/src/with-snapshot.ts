import { createHash } from 'node:crypto'
import { PipelineError } from '@murmuration/errors'
import type { Registry, WriterSchema } from './registry-client.ts'
import type { SchemaSnapshot } from './schema-snapshot.ts'

/**
 * Answers from the snapshot while the registry does not answer, and only then: its own word always counts for more.
 * Every "yes" of the registry is kept; a "no" never is.
 *
 * @param options.onRecall called when the snapshot answered, with why the registry did not
 */
export function withSnapshot(
  registry: Registry,
  options: { readonly snapshot: SchemaSnapshot; readonly onRecall: (cause: PipelineError) => void },
): Registry {
  const { snapshot, onRecall } = options

  async function answer<T>(
    name: string,
    how: {
      ask: () => Promise<T | undefined>
      toKept: (answer: T) => object
      parseKept: (kept: unknown) => T | undefined
    },
  ): Promise<T | undefined> {
    try {
      const said = await how.ask()
      if (said !== undefined) await snapshot.keep(name, how.toKept(said))
      return said
    } catch (error) {
      if (!(error instanceof PipelineError) || error.disposition !== 'wait') throw error
      const kept = how.parseKept(await snapshot.recall(name))
      if (kept === undefined) throw error
      onRecall(error)
      return kept
    }
  }

  return {
    schemaById: (id) =>
      answer(`schema-${id}`, {
        ask: () => registry.schemaById(id),
        toKept: (schema) => schema,
        parseKept: parseWriterSchema,
      }),
    idOfSchema: (subject, schema) =>
      answer(`writer-${fingerprint(subject, schema)}`, {
        ask: () => registry.idOfSchema(subject, schema),
        toKept: (id) => ({ subject, id }),
        parseKept: parseId,
      }),
  }
}

/** Of exactly this schema: a writer whose schema has changed must ask the registry. */
function fingerprint(subject: string, schema: object): string {
  return createHash('sha256')
    .update(JSON.stringify([subject, schema]))
    .digest('hex')
    .slice(0, 32)
}

function parseWriterSchema(kept: unknown): WriterSchema | undefined {
  if (typeof kept !== 'object' || kept === null || !('format' in kept) || !('text' in kept)) return undefined
  const { format, text } = kept
  return typeof format === 'string' && typeof text === 'string' ? { format, text } : undefined
}

function parseId(kept: unknown): number | undefined {
  if (typeof kept !== 'object' || kept === null || !('id' in kept)) return undefined
  return typeof kept.id === 'number' ? kept.id : undefined
}
