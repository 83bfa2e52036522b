import { PipelineError } from '@murmuration/errors'

/** Whether an error says that something is away or slow, and not that it refuses: to be tried again, by whoever asked. */
export function isOutage(error: unknown): boolean {
  return error instanceof PipelineError && error.disposition === 'wait'
}
