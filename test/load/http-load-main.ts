// The process that `startLoad` starts: an event loop of its own, so that nobody else's work shows in the latencies.
import type { LoadOptions, LoadPhase } from './http-load.ts'
import { runLoad } from './http-load.ts'
import type { LoadMessage } from './start-load.ts'

const clock = { epochMs: Date.now, monotonicMs: () => performance.now() }

process.once('message', (options: LoadOptions) => {
  runLoad(options, clock, (phase: LoadPhase) => tell({ kind: 'phase', phase })).then(
    (result) => tell({ kind: 'result', result }, () => process.disconnect?.()),
    (error: unknown) => tell({ kind: 'failed', message: String(error) }, () => process.disconnect?.()),
  )
})
// Whoever asked for the load is gone, or has heard the end of it.
process.once('disconnect', () => process.exit())

function tell(message: LoadMessage, done?: () => void): void {
  process.send?.(message, undefined, undefined, done)
}
