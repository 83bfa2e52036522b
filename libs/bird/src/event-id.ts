/** Version of the derivation, the first part of every id. Ids are frozen by golden vectors: a change is a new version. */
const DERIVATION = '1'

/** Everything but printable ASCII, and the two characters that carry meaning in an id: `:` and `%`. */
const unsafe = /[^!-$&-9;-~]/gu
/** What nearly every part is. */
const safe = /^[!-$&-9;-~]*$/

/** A part of an event id: a name or an id of Bird's, or null where the webhook has none (an empty part). */
export type IdPart = string | null

/**
 * Idempotency key of a fact: `1:workspace:part:part…`. Made of Bird's own ids only, so a redelivery, and the copy that
 * another subscription sends, derive the same one. Printable ASCII; parts are percent-encoded where needed, so two
 * different lists of parts never make the same id.
 *
 * @param parts well-formed strings, as `readText` returns them
 */
export function toEventId(workspaceId: string, parts: readonly IdPart[]): string {
  let id = `${DERIVATION}:${encodePart(workspaceId)}`
  for (const part of parts) id += `:${part === null ? '' : encodePart(part)}`
  return id
}

function encodePart(part: string): string {
  return safe.test(part) ? part : part.replace(unsafe, (character) => encodeURIComponent(character))
}
