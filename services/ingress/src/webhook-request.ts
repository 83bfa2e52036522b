import { IncomingMessage } from 'node:http'

/** Takes a body as it comes. */
export interface BodySink {
  chunk(bytes: Buffer): void
  /** The body is whole. */
  end(): void
  /** It breaks off: the client went away, or took too long. */
  fail(error: Error): void
}

/**
 * A request whose body goes straight from the parser to a sink. As a stream it would pass a queue, and go through three
 * turns of the loop and a dozen listeners, for a body that mostly came in one piece with its headers.
 *
 * Without a sink it is Node's own request.
 */
export class WebhookRequest extends IncomingMessage {
  #sink: BodySink | undefined
  #isWhole = false

  static {
    // Node asks after the answer, and keeps a request on its connection whose end is still to come.
    Object.defineProperty(WebhookRequest.prototype, 'readableEnded', {
      get(this: WebhookRequest): boolean {
        return this.#isWhole || Reflect.get(IncomingMessage.prototype, 'readableEnded', this)
      },
    })
  }

  /** Call it when the request comes, before the first byte of its body has been read. */
  pourInto(sink: BodySink): void {
    this.#sink = sink
    // Tells Node that somebody reads, who else would read the body into nothing after the answer.
    this.read(0)
  }

  override push(bytes: Buffer | null): boolean {
    const sink = this.#sink
    if (sink === undefined) return super.push(bytes)
    if (bytes === null) {
      // An idle connection keeps its last request: not with its body.
      this.#sink = undefined
      this.#isWhole = true
      sink.end()
    } else sink.chunk(bytes)
    return true
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#sink?.fail(error ?? new Error('the request was destroyed'))
    super._destroy(error, done)
  }
}
