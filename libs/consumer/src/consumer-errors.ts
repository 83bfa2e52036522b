import { PipelineError } from '@murmuration/errors'

/** A handler did not end by its deadline, which aborted its signal. The record is tried again. */
export class HandlerTimeoutError extends PipelineError {
  readonly code = 'MUR_HANDLER_TIMEOUT'
  readonly disposition = 'retry'

  constructor(details: { deadlineMs: number }) {
    super(`the handler did not end within ${details.deadlineMs} ms`)
  }
}

/** A handler ignored its aborted signal for as long again. Its key can't go on, so the consumer stops. */
export class HandlerStuckError extends PipelineError {
  readonly code = 'MUR_HANDLER_STUCK'
  readonly disposition = 'stop'

  constructor(details: { forMs: number; topic: string; partition: number; offset: number }) {
    const { topic, partition, offset, forMs } = details
    super(`the handler of ${topic} ${partition}@${offset} has not ended for ${forMs} ms, though its signal was aborted`)
  }
}

/** This process may no longer act for the partition: it was silent for too long, or the partition was given away. */
export class LeaseLostError extends PipelineError {
  readonly code = 'MUR_LEASE_LOST'
  readonly disposition = 'wait'

  constructor() {
    super('the lease of the partition is over')
  }
}

/** The group's committed metadata is not of a version that this release reads. To go on could break order. */
export class CommitUnreadableError extends PipelineError {
  readonly code = 'MUR_COMMIT_UNREADABLE'
  readonly disposition = 'stop'

  constructor(details: { topic: string; partition: number }) {
    super(`the commit metadata of ${details.topic} partition ${details.partition} is of another version`)
  }
}

/** What the group had committed leaves no room for a fence, without which a late append of an earlier owner can't be told. */
export class CommitMetadataFullError extends PipelineError {
  readonly code = 'MUR_COMMIT_METADATA_FULL'
  readonly disposition = 'stop'

  constructor(details: { topic: string; partition: number }) {
    super(`the commit metadata of ${details.topic} partition ${details.partition} has no room for a fence`)
  }
}
