import type { SchemaFile, SchemaFiles } from '@murmuration/schemas'
import { lockReleases, planReleases } from '../schema-releases.ts'

/** A field in a few words; without a doc it gets one. */
export type FieldJson = Readonly<Record<string, unknown>> & { readonly name: string; readonly type: unknown }

/** Text of a record's schema, documented where the fields don't say otherwise. */
export function schemaText(fields: readonly FieldJson[], name = 'io.murmuration.v1.Message'): string {
  const documented = fields.map((field) => ({ doc: 'What it is.', ...field }))
  return JSON.stringify({ type: 'record', name, doc: 'A message.', fields: documented }, null, 2)
}

/** The files of a repository with one record, `message`: its releases, oldest first, then the current schema. */
export function schemaFiles(options: {
  readonly releases: readonly string[]
  readonly current: string
  /** Text by team. */
  readonly readers?: Readonly<Record<string, string>>
}): SchemaFiles {
  const start: SchemaFiles = { current: [], released: [], readers: [], strays: [], lock: {} }
  const files = options.releases.reduce((before, text) => released(before, currentFile(text)), start)
  const readers = Object.entries(options.readers ?? {}).map(([team, text]) => ({
    team,
    record: 'message',
    path: `schemas/readers/${team}/message.avsc`,
    text,
  }))
  return { ...files, current: [currentFile(options.current)], readers }
}

function currentFile(text: string): SchemaFile {
  return { record: 'message', path: 'schemas/message/v1.avsc', text }
}

function released(files: SchemaFiles, current: SchemaFile): SchemaFiles {
  const planned = planReleases({ ...files, current: [current] })
  return { ...files, released: [...files.released, ...planned], lock: lockReleases(files.lock, planned) }
}
