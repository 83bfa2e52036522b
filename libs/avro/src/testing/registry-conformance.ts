import { randomUUID } from 'node:crypto'
import { type AvroRecord, loadSchema } from '@murmuration/schemas'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RegistryUnavailableError } from '../avro-errors.ts'
import { createDecoder } from '../decoder.ts'
import { createEncoder, subjectOf } from '../encoder.ts'
import type { Registry } from '../registry-client.ts'
import { exampleOf } from './examples.ts'

/** A registry to be tested, with what a test does to it. */
export interface RegistryHarness {
  readonly registry: Registry
  /** Registers a schema, as a push does. @returns its id */
  register(subject: string, schema: AvroRecord): Promise<number>
  /** Takes the registry away, or brings it back. */
  goAway(away: boolean): Promise<void>
  cleanUp(): Promise<void>
}

/**
 * What every registry keeps. Call it in a test file of the implementation.
 * @param create for each test; subjects of earlier tests may be there
 */
export function describeRegistry(name: string, create: () => Promise<RegistryHarness>): void {
  describe(`${name} as a registry`, () => {
    let harness: RegistryHarness
    let prefix: string

    beforeEach(async () => {
      harness = await create()
      prefix = `t-${randomUUID().slice(0, 8)}.`
    })
    afterEach(() => harness.cleanUp())

    /** A schema that no other test has. */
    function schemaNamed(own: string): AvroRecord {
      return { type: 'record', name: `Record${own}${prefix.slice(2, 10)}`, fields: [{ name: 'a', type: 'string' }] }
    }

    it('gives the schema of an id as it was registered, and says that it is Avro', async () => {
      const schema = schemaNamed('A')
      const id = await harness.register(`${prefix}a`, schema)
      const found = await harness.registry.schemaById(id)
      expect(found?.format).toBe('AVRO')
      expect(JSON.parse(found?.text ?? '')).toEqual(schema)
    })

    it.each([0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])('says no to the id %i, which nobody has registered', async (id) => {
      expect(await harness.registry.schemaById(id)).toBeUndefined()
    })

    it('gives the id of exactly our schema under exactly its subject', async () => {
      const [first, second] = [schemaNamed('A'), { ...schemaNamed('B'), doc: 'other' }]
      const id = await harness.register(`${prefix}a/ü`, first)
      expect(await harness.registry.idOfSchema(`${prefix}a/ü`, first)).toBe(id)
      expect(await harness.registry.idOfSchema(`${prefix}a/ü`, second)).toBeUndefined()
      expect(await harness.registry.idOfSchema(`${prefix}missing`, first)).toBeUndefined()
    })

    it('tells two versions of a subject apart', async () => {
      const older = schemaNamed('A')
      const newer = { ...older, fields: [...older.fields, { name: 'b', type: 'string', default: '' }] }
      const ids = [await harness.register(`${prefix}a`, older), await harness.register(`${prefix}a`, newer)]
      expect(new Set(ids).size).toBe(2)
      expect(await harness.registry.idOfSchema(`${prefix}a`, older)).toBe(ids[0])
      expect(await harness.registry.idOfSchema(`${prefix}a`, newer)).toBe(ids[1])
    })

    it('says neither yes nor no while it is away, and answers afterwards', async () => {
      const schema = schemaNamed('A')
      const id = await harness.register(`${prefix}a`, schema)
      await harness.goAway(true)
      await expect(harness.registry.schemaById(id)).rejects.toThrow(RegistryUnavailableError)
      await expect(harness.registry.idOfSchema(`${prefix}a`, schema)).rejects.toThrow(RegistryUnavailableError)
      await harness.goAway(false)
      expect(await harness.registry.schemaById(id)).toBeDefined()
      expect(await harness.registry.idOfSchema(`${prefix}a`, schema)).toBe(id)
    })

    it('is enough for our encoder and decoder', async () => {
      const subject = subjectOf('message', prefix)
      await harness.register(subject, loadSchema('message'))
      const encoder = await createEncoder(harness.registry, { records: ['message'], topicPrefix: prefix })
      const value = encoder.encode('message', exampleOf('message'))
      expect(await createDecoder(harness.registry).decode('message', value)).toMatchObject(exampleOf('message'))
    })
  })
}
