/** A webhook as received: nothing is proven yet, so nothing but a verifier may look at it. */
export interface UnverifiedWebhook {
  /** The body's bytes as received, before any decoding: they are what is signed. */
  readonly rawBody: Buffer
  /**
   * The public URLs registered at Bird, query included, byte for byte; a signature must hold for one of them. From the
   * source's configuration: behind a proxy the socket does not know them, and a forwarded-host header would let the
   * caller choose what is checked.
   */
  readonly urls: readonly string[]
  /**
   * The query of the request as received, without `?`; empty where there is none. Only the legacy schemes sign what
   * the sender put there; the others look at the configured URLs alone.
   */
  readonly query: string
  /**
   * Header values by lower-case name. A header that came twice is one string joined with `, ` (as Node joins it); such
   * a signature or timestamp is refused as malformed, never split.
   */
  readonly headers: Readonly<Record<string, string | undefined>>
}
