import { recordNames } from '@murmuration/schemas'
import { describe, expect, it } from 'vitest'
import type { RegistrySubjects } from './registry-subjects.ts'
import { diffSchemas, type SubjectState, type SubjectVersions, toSubjectState } from './schema-diff.ts'

describe('toSubjectState', () => {
  it.each<readonly [what: string, SubjectVersions, SubjectState]>([
    ['no version at all', { latest: undefined, ours: undefined, known: [] }, 'missing'],
    ['ours as the latest', { latest: 2, ours: 2, known: [] }, 'same'],
    ['ours before the latest', { latest: 3, ours: 2, known: [] }, 'ahead'],
    ['one of our releases as the latest', { latest: 2, ours: undefined, known: [1, 2] }, 'new'],
    ['a latest that nobody here released', { latest: 3, ours: undefined, known: [1, 2] }, 'diverged'],
    ['nothing that we know', { latest: 1, ours: undefined, known: [] }, 'diverged'],
  ])('tells a registry that has %s', (_, versions, state) => {
    expect(toSubjectState(versions)).toBe(state)
  })
})

describe('diffSchemas', () => {
  const one = '{"name":"one"}'
  const two = '{"name":"two"}'
  const files = {
    current: recordNames.map((record) => ({ record, path: '', text: JSON.stringify(JSON.parse(two), null, 2) })),
    released: recordNames.map((record) => ({
      record,
      path: '',
      release: 1,
      text: JSON.stringify(JSON.parse(one), null, 2),
    })),
    readers: [],
    strays: [],
    lock: {},
  }

  function registryWith(versions: readonly string[]): RegistrySubjects {
    const never = () => Promise.reject(new Error('a comparison changes nothing'))
    return {
      findVersion: async (_, schema) => (versions.includes(schema) ? versions.indexOf(schema) + 1 : undefined),
      latestVersion: async () => versions.length || undefined,
      compatibilityOf: async () => 'BACKWARD',
      setCompatibility: never,
      register: never,
    }
  }

  it('asks for the schemas on one line, as they were registered, and tells the level that holds', async () => {
    const [diff] = await diffSchemas(registryWith([one]), files, { topicPrefix: 'test.', onProgress: () => undefined })
    expect(diff).toEqual({
      subject: expect.stringMatching(/^test\..*-value$/),
      state: 'new',
      latest: 1,
      ours: null,
      compatibility: 'BACKWARD',
    })
  })

  it('tells every subject, and how far it is', async () => {
    const progress: string[] = []
    const diffs = await diffSchemas(registryWith([one, two]), files, {
      topicPrefix: '',
      onProgress: (done, total) => progress.push(`${done}/${total}`),
    })
    expect(diffs.map(({ state }) => state)).toEqual(recordNames.map(() => 'same'))
    expect(progress.at(-1)).toBe(`${recordNames.length}/${recordNames.length}`)
  })

  it('says that a subject without a version is missing, whatever level holds', async () => {
    const [diff] = await diffSchemas(registryWith([]), files, { topicPrefix: '', onProgress: () => undefined })
    expect(diff).toMatchObject({ state: 'missing', latest: null, compatibility: null })
  })
})
