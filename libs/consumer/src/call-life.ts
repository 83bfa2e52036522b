import { LeaseLostError } from './consumer-errors.ts'
import type { HandlerContext } from './handler.ts'
import type { Origin } from './set-aside.ts'
import type { WorkItem } from './work.ts'

/**
 * Whether a call may go on.
 *
 * A class, as its context is: both are made for every record, and methods of their own would be made each time too.
 */
export class CallLife {
  /** Why it may not; undefined while it may. */
  ended: Error | undefined = undefined
  private controller: AbortController | undefined = undefined
  private readonly isHeld: () => boolean

  /** @param isHeld whether this process may still act for the partition */
  constructor(isHeld: () => boolean) {
    this.isHeld = isHeld
  }

  /** For the handler. Made when somebody asks for it: most calls are over before anybody does. */
  get signal(): AbortSignal {
    this.controller ??= new AbortController()
    if (this.ended !== undefined) this.controller.abort(this.ended)
    return this.controller.signal
  }

  end(why: Error): void {
    this.ended ??= why
    this.controller?.abort(this.ended)
  }

  /** @throws {LeaseLostError} */
  assertHeld(): void {
    if (this.ended !== undefined || !this.isHeld()) throw new LeaseLostError()
  }
}

/** What a handler is told of a record of a call. */
export class CallContext implements HandlerContext {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly attempt: number
  private readonly life: CallLife

  constructor(item: WorkItem, { topic, partition }: Origin, life: CallLife) {
    this.topic = topic
    this.partition = partition
    this.offset = item.origin
    this.attempt = item.failures + 1
    this.life = life
  }

  get signal(): AbortSignal {
    return this.life.signal
  }

  /** Bound, since handlers take it out of the context. */
  get assertHeld(): () => void {
    const { life } = this
    return () => life.assertHeld()
  }
}
