import { PipelineError } from '@murmuration/errors'

/** Stops asking what does not answer. */
export interface Circuit {
  /** Asks, or throws the last failure at once while the circuit is open. */
  run<T>(ask: () => Promise<T>): Promise<T>
}

/**
 * Creates a circuit: after some failures in a row it is open, and nothing is asked for a while; then one question is
 * let through, and its answer closes the circuit or opens it again.
 *
 * A failure is an error whose disposition is `wait`; others are answers.
 * @param options.failuresToOpen in a row
 * @param options.restMs         how long nothing is asked, ms
 * @param options.nowMs          any clock that only goes forward
 * @param options.onChange       called when it opens, with the failure, and when it closes
 */
export function createCircuit(options: {
  readonly failuresToOpen: number
  readonly restMs: number
  readonly nowMs: () => number
  readonly onChange: (state: 'open' | 'closed', error?: PipelineError) => void
}): Circuit {
  let failures = 0
  let open: { readonly error: PipelineError; readonly untilMs: number } | undefined
  let probing = false

  function succeeded(): void {
    failures = 0
    if (open === undefined) return
    open = undefined
    options.onChange('closed')
  }
  function failed(error: PipelineError): void {
    failures += 1
    if (failures < options.failuresToOpen) return
    const wasOpen = open !== undefined
    open = { error, untilMs: options.nowMs() + options.restMs }
    if (!wasOpen) options.onChange('open', error)
  }

  return {
    async run(ask) {
      if (open !== undefined && (probing || options.nowMs() < open.untilMs)) throw open.error
      const isProbe = open !== undefined
      if (isProbe) probing = true
      try {
        const answer = await ask()
        succeeded()
        return answer
      } catch (error) {
        if (error instanceof PipelineError && error.disposition === 'wait') failed(error)
        else succeeded()
        throw error
      } finally {
        if (isProbe) probing = false
      }
    },
  }
}
