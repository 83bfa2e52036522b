import { describe, expect, it } from 'vitest'
import type { Evidence, SinkAnswer, SinkCall, SinkStep, WrittenRecord } from './consumer-history.ts'
import { judgeHistory } from './judge-history.ts'

/** Offsets of one key, `k`, in partition 0, unless a test says otherwise. */
function written(count: number): WrittenRecord[] {
  return Array.from({ length: count }, (_, offset) => ({ key: 'k', partition: 0, offset, eventId: `k:${offset}` }))
}

function callOf(offset: number, change: Partial<SinkCall> = {}): SinkCall {
  const own = { member: 'member-0', pid: 1, attempt: 1, startedMs: 0 }
  return { ...own, key: 'k', partition: 0, offset, eventId: `k:${offset}`, ...change }
}

/** A call from its begin to its end, at one moment. */
function whole(offset: number, answer: SinkAnswer = 'done', atMs = 0, change: Partial<SinkCall> = {}): SinkStep[] {
  const call = callOf(offset, { startedMs: atMs, ...change })
  return [
    { kind: 'begin', call, atMs },
    { kind: 'apply', call, atMs, answer },
    { kind: 'end', call, atMs },
  ]
}

function judge(history: readonly SinkStep[], evidence: Partial<Evidence> = {}) {
  return judgeHistory(history, { written: written(4), deadLetters: [], acknowledged: [], freezes: [], ...evidence })
}

const dead = (offset: number) => ({ partition: 0, offset })

describe('judgeHistory', () => {
  it('finds nothing wrong with records that are done one after the other', () => {
    const verdict = judge([0, 1, 2, 3].flatMap((offset) => whole(offset)))
    expect(verdict).toMatchObject({ problems: [], answers: { done: 4, retry: 0, refused: 0 }, repeats: 0 })
  })

  it('lets a record fail until it is done, and counts no repeat', () => {
    const verdict = judge([
      ...whole(0, 'retry'),
      ...whole(0, 'retry'),
      ...whole(0),
      ...[1, 2, 3].flatMap((o) => whole(o)),
    ])
    expect(verdict).toMatchObject({ problems: [], answers: { done: 4, retry: 2, refused: 0 }, repeats: 0 })
  })

  it('finds a record that is called while the one before it still fails', () => {
    const history = [...whole(0, 'retry'), ...whole(1, 'retry'), ...[0, 1, 2, 3].flatMap((offset) => whole(offset))]
    expect(judge(history).problems).toEqual(['1 out of turn: k at 0/1, attempt 1, member-0 (1) came when 0/0 was due'])
  })

  it('finds a record that is passed over, even if it is done later and everything after it again', () => {
    const verdict = judge([0, 2, 1, 2, 3].flatMap((offset) => whole(offset)))
    expect(verdict.problems).toEqual(['1 out of turn: k at 0/2, attempt 1, member-0 (1) came when 0/1 was due'])
  })

  it('counts a replay that goes on without a gap, and finds one that leaves a gap', () => {
    expect(judge([0, 1, 2, 1, 2, 3].flatMap((offset) => whole(offset)))).toMatchObject({ problems: [], repeats: 2 })
    expect(judge([0, 1, 2, 1, 3].flatMap((offset) => whole(offset))).problems).toEqual([
      '1 out of turn: k at 0/3, attempt 1, member-0 (1) came when 0/2 was due',
    ])
  })

  it('finds a replay that ends before the newest', () => {
    expect(judge([0, 1, 2, 3, 2].flatMap((offset) => whole(offset))).problems).toEqual([
      '1 keys that end with an old record: k at 0/2',
    ])
  })

  it('finds a record that never took effect, be it that its call was cut', () => {
    const call = callOf(3)
    const cut: SinkStep[] = [
      { kind: 'begin', call, atMs: 0 },
      { kind: 'end', call, atMs: 0 },
    ]
    expect(judge([...[0, 1, 2].flatMap((offset) => whole(offset)), ...cut]).problems).toEqual(['1 lost: k at 0/3'])
  })

  it('skips a dead letter once the sink has refused it, and not before', () => {
    const deadLetters = [dead(1), dead(1)]
    const inOrder = [...whole(0), ...whole(1, 'refused'), ...whole(2), ...whole(3), ...whole(2), ...whole(3)]
    expect(judge(inOrder, { deadLetters })).toMatchObject({ problems: [], deadLetters: 1, repeatedDeadLetters: 1 })
    const replayed = [...whole(0), ...whole(1, 'refused'), ...whole(0), ...whole(2), ...whole(3)]
    expect(judge(replayed, { deadLetters }).problems).toEqual([])
    const early = [...whole(0), ...whole(2), ...whole(1, 'refused'), ...whole(2), ...whole(3)]
    expect(judge(early, { deadLetters }).problems).toEqual([
      '1 out of turn: k at 0/2, attempt 1, member-0 (1) came when 0/1 was due',
    ])
  })

  it('finds a refused record that is not in the DLQ, and a dead letter that was never refused', () => {
    const refused = [...whole(0), ...whole(1, 'refused'), ...whole(2), ...whole(3)]
    expect(judge(refused).problems).toEqual(['1 refused and not in the DLQ: k at 0/1'])
    const given = [0, 2, 3].flatMap((offset) => whole(offset))
    expect(judge(given, { deadLetters: [dead(1)] }).problems).toEqual([
      '1 out of turn: k at 0/2, attempt 1, member-0 (1) came when 0/1 was due',
      '1 in the DLQ although the sink never refused them: k at 0/1',
    ])
    expect(
      judge(
        [0, 1, 2, 3].flatMap((offset) => whole(offset)),
        { deadLetters: [dead(9)] },
      ).problems,
    ).toEqual(['1 dead letters of no record: 0/9'])
  })

  it('finds calls of one key that overlap, and none between two keys', () => {
    const [one, other] = [callOf(0), callOf(1)]
    const begins = [one, other].map((call): SinkStep => ({ kind: 'begin', call, atMs: 0 }))
    const rest = [one, other].flatMap((call): SinkStep[] => [
      { kind: 'apply', call, atMs: 0, answer: 'done' },
      { kind: 'end', call, atMs: 0 },
    ])
    expect(judge([...begins, ...rest], { written: written(2) }).problems).toEqual([
      '1 overlapping calls of one key: k at 0/1, attempt 1, member-0 (1) began within another',
    ])
    const apart = written(2).map((record) => ({ ...record, key: `k${record.offset}` }))
    const own = [...begins, ...rest].map((step) => ({ ...step, call: { ...step.call, key: `k${step.call.offset}` } }))
    expect(judge(own, { written: apart }).problems).toEqual([])
  })

  describe('with a process that was stopped by force', () => {
    const freezes = [{ pid: 1, fromMs: 100, toMs: 200 }]
    const held = callOf(1, { startedMs: 90 })
    const begin: SinkStep = { kind: 'begin', call: held, atMs: 90 }
    const late: SinkStep[] = [
      { kind: 'apply', call: held, atMs: 210, answer: 'done' },
      { kind: 'end', call: held, atMs: 210 },
    ]
    const others = [1, 2, 3].flatMap((offset) => whole(offset, 'done', 150, { pid: 2 }))

    it('lets the call that was under way end late and meet those of the next owner', () => {
      const verdict = judge([...whole(0), begin, ...others, ...late], { freezes })
      expect(verdict).toMatchObject({ problems: [], outlived: 1, repeats: 1 })
    })

    it('finds a call that it began afterwards', () => {
      const verdict = judge([...whole(0), begin, ...others, ...late, ...whole(2, 'done', 211)], { freezes })
      expect(verdict.problems).toEqual(['1 keys that end with an old record: k at 0/2'])
    })

    it('counts the call that was under way when it was given back its place in time: the next record follows', () => {
      const verdict = judge([...whole(0), begin, ...late, ...[2, 3].flatMap((offset) => whole(offset, 'done', 220))], {
        freezes,
      })
      expect(verdict).toMatchObject({ problems: [], outlived: 0, repeats: 0 })
    })

    it('excuses no other process, and no call before the freeze', () => {
      const innocent = [...whole(0), { ...begin, call: { ...held, pid: 3 } }, ...others]
      expect(judge(innocent, { freezes }).problems).toHaveLength(1)
      const early = [...whole(0), begin, ...[1, 2, 3].flatMap((offset) => whole(offset, 'done', 95, { pid: 2 }))]
      expect(judge(early, { freezes }).problems).toHaveLength(1)
    })
  })

  it('tells duplicates of the source from repeats of ours by their place', () => {
    const twice = [...written(2), { key: 'k', partition: 0, offset: 2, eventId: 'k:0' }]
    const history = [...whole(0), ...whole(1), ...whole(2, 'done', 0, { eventId: 'k:0' })]
    expect(judge(history, { written: twice })).toMatchObject({ problems: [], repeats: 0, sourceDuplicates: 1 })
  })

  it('finds a handler that was told the place of another record, and an acknowledged event that is nowhere', () => {
    const wrong = [0, 1, 2, 3].flatMap((offset) => whole(offset, 'done', 0, offset === 3 ? { eventId: 'k:2' } : {}))
    expect(judge(wrong).problems.map((problem) => problem.split(':')[0])).toEqual([
      '3 called with a place that is not its own',
      '1 lost',
    ])
    const all = [0, 1, 2, 3].flatMap((offset) => whole(offset))
    expect(judge(all, { acknowledged: ['k:3', 'k:4'] }).problems).toEqual(['1 acknowledged and not in the topic: k:4'])
  })

  it('finds a key whose records lie in two partitions', () => {
    const scattered = [...written(1), { key: 'k', partition: 1, offset: 1, eventId: 'k:1' }]
    const history = [...whole(0), ...whole(1, 'done', 0, { partition: 1 })]
    expect(judge(history, { written: scattered }).problems).toEqual(['1 keys in two partitions: k'])
  })
})
