// `node test/bench/duplicate-window.ts`: what the ingress's duplicate window costs, full, for three times its size, with
// one event a webhook.
import { createDuplicateWindow } from '../../services/ingress/src/duplicate-window.ts'

const EVENTS = 1_000_000
const window = createDuplicateWindow({ maxEvents: EVENTS })
let longestMs = 0
const startedMs = performance.now()
for (let event = 0; event < 3 * EVENTS; event += 1) {
  // The promises of a claim are settled between events, as they are in the ingress.
  if (event % 100 === 0) await null
  const claimedMs = performance.now()
  const eventId = `1:5cce71bc-a8f5-4201-beeb-6df0aef3cfc8:message:a636a099-18f8-44ca-9490-${event}`
  const claim = window.claim(eventId, `0123456789abcdef0123456789abcdef${event}`)
  const bodyId = `${event}0123456789abcdef0123456789abcdef 5cce71bc-a8f5-4201-beeb-6df0aef3cfc8 `
  if (claim.kind !== 'duplicate') claim.confirm(bodyId)
  longestMs = Math.max(longestMs, performance.now() - claimedMs)
}
const each = ((performance.now() - startedMs) * 1_000) / (3 * EVENTS)
const { heapUsed, arrayBuffers } = process.memoryUsage()
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
process.stdout.write(
  `${each.toFixed(2)} µs a webhook, the longest ${longestMs.toFixed(1)} ms; ` +
    `heap ${megabytes(heapUsed)}, outside of it ${megabytes(arrayBuffers)}\n`,
)
