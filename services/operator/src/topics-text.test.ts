import { describe, expect, it } from 'vitest'
import { renderPlan } from './topics-text.ts'

const config = { 'cleanup.policy': 'delete', 'retention.ms': String(7 * 24 * 60 * 60_000) }

describe('renderPlan', () => {
  it('shows each kind of difference with a mark of its own, and how many there are', () => {
    const text = renderPlan({
      changes: [
        { kind: 'create', spec: { topic: 'new', partitions: 12, replicationFactor: 3, config } },
        {
          kind: 'configure',
          topic: 'changed',
          settings: [
            { name: 'retention.ms', from: '-1', to: '86400000', inherited: false, loss: 'deletes what is older' },
            { name: 'min.insync.replicas', from: '1', to: '2', inherited: true, loss: undefined },
          ],
        },
      ],
      refused: [{ kind: 'repartition', topic: 'grown', from: 12, to: 24, origin: undefined }],
      unchanged: ['same', 'alike'],
      unknown: ['old'],
    })
    expect(text.split('\n')).toEqual([
      '+ new: partitions 12, copies 3, cleanup.policy delete, retention.ms 7 d',
      '~ changed: retention.ms for ever → 1 d, deletes what is older',
      "~ changed: min.insync.replicas 1 (the cluster's default) → 2",
      '! grown has 12 partitions, not 24',
      expect.stringMatching(/^! another partition count would break the order of keys/),
      '? old is not in the catalog; it is left alone',
      'topics: 1 to create, 1 to change, 1 refused, 2 as they should be',
    ])
  })

  it('is one line where nothing differs', () => {
    const text = renderPlan({ changes: [], refused: [], unchanged: ['a'], unknown: [] })
    expect(text).toBe('topics: 0 to create, 0 to change, 0 refused, 1 as they should be')
  })
})
