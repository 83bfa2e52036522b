import { randomUUID } from 'node:crypto'
import { recordNames, type SchemaFiles } from '@murmuration/schemas'
import { describe, expect, it } from 'vitest'
import { SchemaRefusedError } from '../avro-errors.ts'
import { subjectOf } from '../encoder.ts'
import type { RegistryHttp } from '../registry-http.ts'
import { createRegistrySubjects } from '../registry-subjects.ts'
import { checkSchemas } from '../schema-check.ts'
import { diffSchemas } from '../schema-diff.ts'
import { type FieldJson, schemaFiles, schemaText } from './schema-files.ts'

const id: FieldJson = { name: 'id', type: 'string' }
const text: FieldJson = { name: 'text', type: ['null', 'string'], default: null }
const one = schemaText([id])
const two = schemaText([id, text])
const three = schemaText([id, { ...text, doc: 'Another.' }])

function oneLine(schema: string): string {
  return JSON.stringify(JSON.parse(schema))
}

/** What every registry has to tell `murmur schemas`. */
export function describeSubjects(name: string, http: RegistryHttp): void {
  const registry = createRegistrySubjects(http)

  /** A prefix of its own, with these versions of `message` in the registry, oldest first. */
  async function given(versions: readonly string[]) {
    const topicPrefix = `subjects-${randomUUID()}.`
    const subject = subjectOf('message', topicPrefix)
    await registry.setCompatibility(subject)
    for (const schema of versions) await registry.register(subject, oneLine(schema))
    return {
      subject,
      async diff(files: SchemaFiles) {
        const diffs = await diffSchemas(registry, files, { topicPrefix, onProgress: () => undefined })
        expect(diffs).toHaveLength(recordNames.length)
        return diffs.find((diff) => diff.subject === subject)
      },
    }
  }

  describe(`diffSchemas, on ${name}`, () => {
    it.each([
      ['same', [one, two], [one], two, { latest: 2, ours: 2 }],
      ['new', [one], [one], two, { latest: 1, ours: null }],
      ['ahead', [one, two], [one], one, { latest: 2, ours: 1 }],
      ['diverged', [one, three], [one], two, { latest: 2, ours: null }],
    ])('tells %s', async (state, versions, releases, current, numbers) => {
      const { subject, diff } = await given(versions)
      expect(await diff(schemaFiles({ releases, current }))).toEqual({
        subject,
        state,
        ...numbers,
        compatibility: 'FULL_TRANSITIVE',
      })
    })

    it('tells that a subject is missing, though its level has been set', async () => {
      const { diff } = await given([])
      expect(await diff(schemaFiles({ releases: [], current: one }))).toMatchObject({
        state: 'missing',
        compatibility: null,
      })
    })

    it('tells the level that holds where it is another', async () => {
      const { subject, diff } = await given([one])
      await http.send('PUT', `/config/${subject}`, { compatibility: 'BACKWARD' })
      expect(await diff(schemaFiles({ releases: [], current: one }))).toMatchObject({ compatibility: 'BACKWARD' })
    })
  })

  describe(`a change, on ${name}`, () => {
    const required: FieldJson = { name: 'text', type: 'string' }
    it.each<readonly [what: string, releases: readonly string[], current: string, verdict: 'passes' | 'breaks']>([
      ['a new field with a default', [one], two, 'passes'],
      ['a field with a default that goes', [two], one, 'passes'],
      ['a new field without a default', [one], schemaText([id, required]), 'breaks'],
      ['a field without a default that goes', [schemaText([id, required])], one, 'breaks'],
      ['a wider type', [schemaText([{ name: 'n', type: 'int' }])], schemaText([{ name: 'n', type: 'long' }]), 'breaks'],
      [
        'a break with the last but one',
        [two, one],
        schemaText([id, { name: 'text', type: 'int', default: 0 }]),
        'breaks',
      ],
    ])('that is %s ends alike in the check and in the registry', async (_, releases, current, verdict) => {
      const { subject } = await given(releases)
      const push = registry.register(subject, oneLine(current))
      const pushed = await push.then(
        () => 'passes',
        (error) => (error instanceof SchemaRefusedError ? 'breaks' : error),
      )
      const { problems } = checkSchemas(schemaFiles({ releases, current }))
      expect([problems.length === 0 ? 'passes' : 'breaks', pushed]).toEqual([verdict, verdict])
    })
  })
}
