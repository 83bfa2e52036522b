import { readFileSync } from 'node:fs'
import type { HandlerContext } from '@murmuration/consumer'
import { createMetrics } from '@murmuration/observability'
import type { Operation } from '@murmuration/schemas'
import { describe, expect, it } from 'vitest'
import { AuditAppendFailedError } from './audit-errors.ts'
import type { AuditLine } from './audit-line.ts'
import { createHandlers } from './handle-event.ts'

const operation = JSON.parse(
  readFileSync(new URL('../../../schemas/operation/example.json', import.meta.url), 'utf8'),
) as Operation

const context: HandlerContext = {
  topic: 'some.topic.v1',
  partition: 3,
  offset: 41,
  attempt: 1,
  signal: new AbortController().signal,
  assertHeld: () => undefined,
}

function given(appended: () => Promise<boolean>) {
  const lines: AuditLine[] = []
  const trail = {
    append: (line: AuditLine) => {
      lines.push(line)
      return appended()
    },
    close: async () => undefined,
  }
  const metrics = createMetrics({ process: 'omit' })
  return { lines, metrics, ...createHandlers({ trail, metrics }) }
}

describe('the handlers of audit-log', () => {
  it('are done with a record once its line is appended, and count it by kind', async () => {
    const { handleEvent, lines, metrics } = given(async () => true)
    expect(await handleEvent(operation, context)).toEqual({ kind: 'done' })
    expect(lines).toEqual([expect.objectContaining({ kind: 'operation', t: 'some.topic.v1', p: 3, o: '41' })])
    expect((await metrics.expose()).text).toContain('murmuration_audit_leaves_total{kind="operation"} 1')
  })

  it('skip, and do not count, a record that the trail holds', async () => {
    const { handleEvent, metrics } = given(async () => false)
    expect(await handleEvent(operation, context)).toEqual({ kind: 'skip', reason: 'already-appended' })
    expect((await metrics.expose()).text).not.toContain('murmuration_audit_leaves_total{')
  })

  it('append a line for a record that nobody can decode', async () => {
    const { handleUndecodable, lines } = given(async () => true)
    expect(await handleUndecodable(new Error('corrupt'), context)).toEqual({ kind: 'done' })
    expect(lines).toEqual([expect.objectContaining({ kind: 'undecodable', o: '41', eventId: null })])
  })

  it('pass on that the trail can not be appended to: the service must stop in front of the record', async () => {
    const failure = new AuditAppendFailedError({ file: 'trail.jsonl' })
    const { handleEvent, metrics } = given(() => Promise.reject(failure))
    await expect(handleEvent(operation, context)).rejects.toBe(failure)
    expect((await metrics.expose()).text).not.toContain('murmuration_audit_leaves_total{')
  })
})
