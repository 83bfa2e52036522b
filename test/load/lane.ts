import { connect, type Socket } from 'node:net'
import type { Recorder } from './recorder.ts'
import { createResponseParser, type ParsedResponse } from './response-parser.ts'
import type { SignedCorpus } from './signed-corpus.ts'

/** One client: a keep-alive connection with one request at a time, opened when needed and again after it broke. */
export interface Lane {
  /** Sends a request; `onIdle` is called when it was answered or has failed. */
  start(index: number, dueMs: number): void
  /** Gives up a request that was sent before this time. */
  expire(sentBeforeMs: number): void
  close(): void
}

export interface LaneOptions {
  readonly address: { readonly host: string; readonly port: number }
  readonly corpus: SignedCorpus
  readonly recorder: Recorder
  /** ms since the load began. */
  readonly nowMs: () => number
  readonly onIdle: (lane: Lane) => void
}

/** After a failure a lane is busy for this long, ms, so that a server that is gone is not hammered. */
const PAUSE_AFTER_FAILURE_MS = 20
const IDLE = -1

export function createLane(options: LaneOptions): Lane {
  const { corpus, recorder, onIdle } = options
  let socket: Socket | undefined
  let current = IDLE
  let sentMs = 0

  /** More than one answer to one request can't be told apart from the answer to the next one. */
  function settle(answers: readonly ParsedResponse[]): void {
    const [answer] = answers
    if (answer === undefined) return
    if (current === IDLE || answers.length > 1) {
      fail('MALFORMED')
      return
    }
    recorder.answered(current, answer)
    current = IDLE
    if (answer.close) drop()
    onIdle(lane)
  }

  function fail(reason: string): void {
    drop()
    if (current === IDLE) return
    recorder.failed(current, reason)
    current = IDLE
    setTimeout(() => onIdle(lane), PAUSE_AFTER_FAILURE_MS)
  }

  function drop(): void {
    const dropped = socket
    socket = undefined
    dropped?.destroy()
  }

  function open(): Socket {
    const opened = connect(options.address)
    let answers: ParsedResponse[] = []
    const parser = createResponseParser((answer) => answers.push(answer))
    opened.setNoDelay(true)
    opened.once('connect', () => recorder.connectionOpened())
    // A socket that was dropped may still have something to say; it no longer concerns the lane.
    const ifCurrent = (act: () => void) => () => {
      if (socket === opened) act()
    }
    const read = (parse: () => void): void => {
      answers = []
      try {
        parse()
      } catch {
        fail('MALFORMED')
        return
      }
      settle(answers)
    }
    // A socket without an encoding gives bytes.
    opened.on('data', (chunk) => ifCurrent(() => read(() => parser.push(chunk as Buffer)))())
    opened.once(
      'end',
      ifCurrent(() => read(() => parser.end())),
    )
    opened.once('error', (error: NodeJS.ErrnoException) => ifCurrent(() => fail(error.code ?? 'UNKNOWN'))())
    opened.once(
      'close',
      ifCurrent(() => fail('CLOSED')),
    )
    return opened
  }

  const lane: Lane = {
    start(index, dueMs) {
      current = index
      sentMs = options.nowMs()
      recorder.sent(index, dueMs)
      socket ??= open()
      socket.write(corpus.request(index))
    },
    expire(sentBeforeMs) {
      if (current !== IDLE && sentMs < sentBeforeMs) fail('TIMEOUT')
    },
    close: drop,
  }
  return lane
}
