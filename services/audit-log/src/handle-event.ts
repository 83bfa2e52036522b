import type { HandleEvent, HandleResult, HandlerContext } from '@murmuration/consumer'
import type { Metrics } from '@murmuration/observability'
import { type AuditedEvent, type AuditLine, toAuditLine, toUndecodableLine } from './audit-line.ts'
import type { AuditTrail } from './audit-trail.ts'

/** Creates the handlers of audit-log: each record becomes one line, decodable or not. */
export function createHandlers(deps: { readonly trail: AuditTrail; readonly metrics: Metrics }) {
  async function append(line: AuditLine): Promise<HandleResult> {
    const appended = await deps.trail.append(line)
    if (!appended) return { kind: 'skip', reason: 'already-appended' }
    deps.metrics.count('murmuration_audit_leaves_total', { kind: line.kind })
    return { kind: 'done' }
  }
  const handleEvent: HandleEvent<AuditedEvent> = (event, context) => append(toAuditLine(event, context))
  const handleUndecodable = (_: unknown, context: HandlerContext) => append(toUndecodableLine(context))
  return { handleEvent, handleUndecodable }
}
