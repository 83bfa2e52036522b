import { readFileSync } from 'node:fs'
import { catalog, recordNames } from '@murmuration/schemas'
import { describe, expect, it } from 'vitest'
import { edits } from './edit-files.ts'
import { planConsumer } from './plan-consumer.ts'
import { readTemplate } from './read-template.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const template = readTemplate()

function plan(record: (typeof recordNames)[number], readText = read): ReadonlyMap<string, string> {
  const files = planConsumer({ name: 'parcel-export', record }, { template, readText })
  return new Map(files.map(({ path, text }) => [path, text]))
}

/** Lines that a planned file has and the present one lacks, without their indent. */
function linesAdded(path: string, planned: ReadonlyMap<string, string>): readonly string[] {
  const present = new Set(read(path).split('\n'))
  const lines = planned.get(path)?.split('\n') ?? []
  return lines.filter((line) => !present.has(line)).map((line) => line.trim())
}

describe('a new consumer', () => {
  it('leaves nothing of the template in any file, whatever it reads', () => {
    for (const record of recordNames.filter((name) => name !== 'message')) {
      const own = [...plan(record)].filter(([path]) => path.startsWith('services/'))
      expect(own.length).toBe(template.size)
      for (const [, text] of own) expect(text).not.toMatch(/example-consumer|\bMessage\b|'message'|bird\.messages/)
    }
  })

  it('has a case for each type that the schema of its record names', () => {
    const handler = plan('conversation').get('services/parcel-export/src/handle-event.ts') ?? ''
    const cases = [...handler.matchAll(/case '(.*)':/g)].map((match) => match[1])
    expect(cases).toEqual(['conversation.created', 'conversation.updated', 'conversation.deleted'])
    expect(handler).toContain('HandleEvent<Conversation>')
  })

  it('names the topic that it reads', () => {
    expect(plan('media-asset').get('services/parcel-export/README.md')).toContain(catalog['media-asset'].topic)
  })

  it.each([
    ['schemas/catalog.ts', 3],
    ['deploy/local/start/service-specs.ts', 1],
    ['deploy/settings-groups.ts', 2],
    ['package.json', 1],
  ])('changes nothing in %s but its own %i lines', (path, count) => {
    const added = linesAdded(path, plan('message'))
    expect(added).toEqual(Array.from({ length: count }, () => expect.stringMatching(/parcel-?export/i)))
  })

  it.each(recordNames)('subscribes to %s when asked for it, and to nothing else', (record) => {
    const text = plan(record).get('schemas/catalog.ts') ?? ''
    expect(text.split("'parcel-export'").length - 1).toBe(3 + 1)
    expect(text).toMatch(new RegExp(`\\n {2}'?${record}'?: \\{[^}]*subscribers: \\[[^\\]]*'parcel-export'\\]`))
  })

  it('leaves package.json readable', () => {
    expect(JSON.parse(plan('message').get('package.json') ?? '')).toMatchObject({
      devDependencies: { '@murmuration/parcel-export': 'workspace:*' },
    })
  })

  it.each(Object.keys(edits))('is not planned at all when the place for its row in %s is not found', (path) => {
    const strange = (one: string) => (one === path ? 'export {}\n' : read(one))
    expect(() => plan('message', strange)).toThrow(`${path}: nothing looks like`)
  })
})
