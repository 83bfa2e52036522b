import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadSchema } from '@murmuration/schemas'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RegistryUnavailableError } from './avro-errors.ts'
import { openSchemaSnapshot } from './schema-snapshot.ts'
import { createFakeRegistry } from './testing/fake-registry.ts'
import { withSnapshot } from './with-snapshot.ts'

let dir: string
let troubles: string[]

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'snapshot-'))
  troubles = []
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function open(url = 'http://registry', place = dir) {
  return openSchemaSnapshot({ dir: place, url, onTrouble: (trouble) => troubles.push(trouble) })
}

function files(): readonly string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  )
}

describe('openSchemaSnapshot', () => {
  it('gives back what it kept, also to the next process', async () => {
    await open().keep('schema-1', { text: 'ä' })
    expect(await open().recall('schema-1')).toEqual({ text: 'ä' })
    expect(await open().recall('schema-2')).toBeUndefined()
    expect(files()).toHaveLength(1)
    expect(troubles).toEqual([])
  })

  it('never answers for another registry', async () => {
    await open('http://registry').keep('schema-1', { text: 'a' })
    expect(await open('http://other').recall('schema-1')).toBeUndefined()
  })

  it('is emptied by an answer that contradicts it: another registry has come to the same URL', async () => {
    const snapshot = open()
    await snapshot.keep('schema-1', { text: 'a' })
    await snapshot.keep('schema-2', { text: 'b' })
    await snapshot.keep('schema-1', { text: 'c' })
    expect(await snapshot.recall('schema-1')).toEqual({ text: 'c' })
    expect(await snapshot.recall('schema-2')).toBeUndefined()
    expect(troubles).toEqual(['contradicted'])
  })

  it('takes a file that is torn or changed as none, says so, and mends it with the next answer', async () => {
    const snapshot = open()
    await snapshot.keep('schema-1', { text: 'a' })
    const [file = ''] = files()
    const whole = readFileSync(file, 'utf8')
    for (const bad of ['', whole.slice(0, 70), whole.replace('"a"', '"b"'), `${whole} `]) {
      writeFileSync(file, bad)
      expect(await snapshot.recall('schema-1')).toBeUndefined()
    }
    expect(troubles).toEqual(['unreadable', 'unreadable', 'unreadable', 'unreadable'])
    await snapshot.keep('schema-1', { text: 'a' })
    expect(await snapshot.recall('schema-1')).toEqual({ text: 'a' })
  })

  it('says so, and fails nobody, when it cannot write', async () => {
    const file = join(dir, 'file')
    writeFileSync(file, '')
    await open('http://registry', file).keep('schema-1', { text: 'a' })
    expect(troubles).toContain('unwritable')
  })
})

describe('withSnapshot', () => {
  function create() {
    const fake = createFakeRegistry(['message'])
    const recalled: string[] = []
    const onRecall = (cause: { code: string }) => recalled.push(cause.code)
    return { fake, recalled, registry: withSnapshot(fake, { snapshot: open(), onRecall }) }
  }

  it('answers what the registry once answered while it is away, and says why', async () => {
    const { fake, registry, recalled } = create()
    const schema = await registry.schemaById(1)
    await registry.idOfSchema('a', loadSchema('message'))
    fake.goAway(true)
    expect(await registry.schemaById(1)).toEqual(schema)
    expect(await registry.idOfSchema('a', loadSchema('message'))).toBe(1)
    expect(recalled).toEqual(['MUR_REGISTRY_UNAVAILABLE', 'MUR_REGISTRY_UNAVAILABLE'])
  })

  it('lets the outage pass for what it does not know: another id, subject, or schema', async () => {
    const { fake, registry } = create()
    await registry.idOfSchema('a', loadSchema('message'))
    fake.goAway(true)
    await expect(registry.schemaById(1)).rejects.toThrow(RegistryUnavailableError)
    await expect(registry.idOfSchema('b', loadSchema('message'))).rejects.toThrow(RegistryUnavailableError)
    const changed = { ...loadSchema('message'), doc: 'changed' }
    await expect(registry.idOfSchema('a', changed)).rejects.toThrow(RegistryUnavailableError)
  })

  it("takes the registry's word over its own, a no as well", async () => {
    await open().keep('schema-2', { format: 'AVRO', text: '"string"' })
    const { registry, recalled } = create()
    expect(await registry.schemaById(2)).toBeUndefined()
    expect(recalled).toEqual([])
  })

  it('takes an entry of another shape as none', async () => {
    await open().keep('schema-1', { format: 'AVRO' })
    const { fake, registry } = create()
    fake.goAway(true)
    await expect(registry.schemaById(1)).rejects.toThrow(RegistryUnavailableError)
  })
})
