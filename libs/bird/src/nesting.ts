const QUOTE = 0x22
const BACKSLASH = 0x5c
/** `[` and `{`, `]` and `}` differ in this bit only. */
const BRACE_BIT = 0x20
const OPEN = 0x7b
const CLOSE = 0x7d

/**
 * Whether JSON text nests deeper than `maxDepth` (the top-level object is 1). One pass over the bytes before anything
 * is built, without recursion; text that is no JSON gets some answer and fails in the parser.
 */
export function nestsDeeperThan(json: Uint8Array, maxDepth: number): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] ?? 0
    if (inString) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) inString = false
    } else if (byte === QUOTE) inString = true
    else if ((byte | BRACE_BIT) === OPEN) {
      depth++
      if (depth > maxDepth) return true
    } else if ((byte | BRACE_BIT) === CLOSE) depth--
  }
  return false
}
