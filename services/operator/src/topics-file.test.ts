import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigInvalidError } from '@murmuration/config'
import { afterAll, describe, expect, it } from 'vitest'
import { readTopologyOptions } from './topics-file.ts'

const dir = mkdtempSync(join(tmpdir(), 'topics-file-'))
afterAll(() => rmSync(dir, { recursive: true }))

const DEFAULTS = { replicationFactor: 3, minInsyncReplicas: 2 }

function read(text: string, defaults = DEFAULTS) {
  const file = join(dir, 'topics.yaml')
  writeFileSync(file, text)
  return readTopologyOptions(defaults, { file })
}

/** What is wrong with a file, without its path. */
function problemsOf(text: string, defaults = DEFAULTS): readonly string[] {
  try {
    read(text, defaults)
    return []
  } catch (error) {
    if (!(error instanceof ConfigInvalidError)) throw error
    return error.problems.map((problem) => problem.replaceAll(`${dir}/`, ''))
  }
}

describe('readTopologyOptions', () => {
  it('deviates in nothing without a file', () => {
    expect(readTopologyOptions(DEFAULTS, { file: undefined })).toEqual({ ...DEFAULTS, overrides: {} })
  })

  it('reads what a topic wants otherwise, retention in days', () => {
    const { overrides } = read('topics: { bird.raw.v1: { partitions: 6, retentionDays: 0.5, replicationFactor: 2 } }')
    expect(overrides).toEqual({
      'bird.raw.v1': { partitions: 6, retentionMs: 12 * 60 * 60_000, replicationFactor: 2 },
    })
  })

  it('lists every problem of the file at once', () => {
    const problems = problemsOf(`
topics:
  bird.row.v1: { partitions: 6 }
  bird.raw.v1: { partitons: 6, retentionDays: 0 }
  bird.messages.v1: { partitions: 1.5 }
`)
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^topics\.yaml: .*bird\.row\.v1/),
        expect.stringMatching(/^topics\.yaml: topics\.bird\.raw\.v1: .*partitons/),
        expect.stringMatching(/^topics\.yaml: topics\.bird\.raw\.v1\.retentionDays: /),
        expect.stringMatching(/^topics\.yaml: topics\.bird\.messages\.v1\.partitions: /),
      ]),
    )
    expect(problems).toHaveLength(4)
  })

  it.each([
    [
      'a retry topic, which follows its origin',
      'topics: { bird.messages.v1.media-processor.retry: { partitions: 1 } }',
    ],
    ['a word beside topics', '{ topics: {}, defaults: {} }'],
    ['the same topic twice', 'topics:\n  bird.raw.v1: {}\n  bird.raw.v1: {}\n'],
    ['no YAML', 'topics: ['],
    ['an empty file', ''],
  ])('refuses %s', (_, text) => {
    expect(problemsOf(text)).toHaveLength(1)
  })

  it('refuses a file that can not be read, by its name', () => {
    expect(() => readTopologyOptions(DEFAULTS, { file: join(dir, 'none.yaml') })).toThrow(/--file: ENOENT.*none\.yaml/)
  })

  it('refuses more acknowledgements than there are copies: such a topic takes no write', () => {
    expect(problemsOf('topics: { bird.raw.v1: { replicationFactor: 1 } }')).toEqual([
      'topics.yaml: topics.bird.raw.v1: minInsyncReplicas 2 is more than its 1 copies',
    ])
    expect(problemsOf('topics: {}', { replicationFactor: 1, minInsyncReplicas: 2 })).toEqual([
      'TOPIC_MIN_INSYNC_REPLICAS: 2 is more than TOPIC_REPLICATION_FACTOR, 1',
    ])
    expect(problemsOf('topics: { bird.raw.v1: { replicationFactor: 2 } }')).toEqual([])
  })

  it('reads the sample of this repository', () => {
    const file = fileURLToPath(new URL('../../../deploy/topics.example.yaml', import.meta.url))
    const { overrides } = readTopologyOptions(DEFAULTS, { file })
    expect(Object.keys(overrides).length).toBeGreaterThan(2)
  })
})
