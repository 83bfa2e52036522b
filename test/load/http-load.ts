import { type ClosedLoop, runClosedLoop } from './closed-loop.ts'
import type { CorpusPlan } from './corpus-plan.ts'
import { createLane, type Lane } from './lane.ts'
import type { LoadResult } from './load-result.ts'
import { type OpenLoop, runOpenLoop } from './open-loop.ts'
import { createRecorder } from './recorder.ts'
import { createSignedCorpus, type LoadTarget, type SignedCorpus } from './signed-corpus.ts'

/** A load: which webhooks, to whom, and at what pace. */
export interface LoadOptions {
  readonly plan: CorpusPlan
  readonly target: LoadTarget
  readonly loop: ClosedLoop | OpenLoop
  /** Requests that begin in this time are sent and recorded, but not measured, ms. */
  readonly warmupMs: number
  /** An answer that takes longer is none, ms. */
  readonly requestTimeoutMs: number
}

/** `prepared`: the webhooks are made. `measuring`: the warm-up is over. `ended`: nothing new is sent. */
export type LoadPhase = 'prepared' | 'measuring' | 'ended'

/** What a loop says of its measured time. */
export type Measured = Pick<LoadResult, 'measuredFromMs' | 'measuredToMs' | 'ranOut' | 'unsent'>

/** What a loop works with. */
export interface LoadDeps {
  readonly corpus: SignedCorpus
  readonly warmupMs: number
  /** ms since the load began. */
  readonly nowMs: () => number
  readonly onPhase: (phase: LoadPhase) => void
  /** @param onIdle called whenever its request has been answered or has failed */
  openLane(onIdle: (lane: Lane) => void): Lane
}

/** How often it is looked whether a request has timed out, ms. */
const EXPIRY_CHECK_MS = 100

/** Makes the webhooks, then sends them; resolves when all that was sent is answered or has failed. */
export async function runLoad(
  options: LoadOptions,
  clock: { readonly epochMs: () => number; readonly monotonicMs: () => number },
  onPhase: (phase: LoadPhase) => void,
): Promise<LoadResult> {
  const { target, warmupMs, loop } = options
  const corpus = createSignedCorpus(options.plan, { target, nowMs: clock.epochMs() })
  onPhase('prepared')
  const startMs = clock.monotonicMs()
  const nowMs = (): number => clock.monotonicMs() - startMs
  const recorder = createRecorder(corpus.count, nowMs)
  const lanes: Lane[] = []
  const address = { host: target.host, port: target.port }
  const deps: LoadDeps = {
    corpus,
    warmupMs,
    nowMs,
    onPhase,
    openLane: (onIdle) => {
      const lane = createLane({ address, corpus, recorder, nowMs, onIdle })
      lanes.push(lane)
      return lane
    },
  }
  const warming = setTimeout(() => onPhase('measuring'), warmupMs)
  const expiring = setInterval(() => {
    for (const lane of lanes) lane.expire(nowMs() - options.requestTimeoutMs)
  }, EXPIRY_CHECK_MS)
  try {
    const measured = await (loop.kind === 'closed' ? runClosedLoop(loop, deps) : runOpenLoop(loop, deps))
    return recorder.toResult(measured)
  } finally {
    clearTimeout(warming)
    clearInterval(expiring)
    for (const lane of lanes) lane.close()
  }
}
