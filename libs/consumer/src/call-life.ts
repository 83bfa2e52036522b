/** Whether a call may go on. */
export interface CallLife {
  /** Why it may not; undefined while it may. */
  readonly ended: Error | undefined
  /** For the handler. Made when somebody asks for it: most calls are over before anybody does. */
  readonly signal: AbortSignal
  end(why: Error): void
}

/** Creates the life of a call that begins. */
export function createCallLife(): CallLife {
  let ended: Error | undefined
  let controller: AbortController | undefined
  return {
    get ended() {
      return ended
    },
    get signal() {
      controller ??= new AbortController()
      if (ended !== undefined) controller.abort(ended)
      return controller.signal
    },
    end(why) {
      ended ??= why
      controller?.abort(ended)
    },
  }
}
