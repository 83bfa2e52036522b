import { hash } from 'node:crypto'

/** Bytes that SHA-256 takes at a time; a longer HMAC key is hashed first. */
const BLOCK_BYTES = 64
const DIGEST_BYTES = 32
/** Most UTF-8 bytes of one UTF-16 unit. */
const MAX_UNIT_BYTES = 3
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c

/** Used again for each input that fits, since all of this ends before anything else begins. */
const scratch = Buffer.allocUnsafeSlow(65_536)
const outer = Buffer.allocUnsafeSlow(BLOCK_BYTES + DIGEST_BYTES)
/** The key whose pads stand at the beginning of both: mostly it is the next one too. */
let padded: string | undefined

/**
 * HMAC-SHA256 (RFC 2104), 32 bytes.
 *
 * @param key        its UTF-8 bytes are the key
 * @param signed.head text, as UTF-8
 * @param signed.tail bytes in hex, behind the text
 */
export function hmacSha256(key: string, signed: { readonly head: string; readonly tail: string }): Buffer {
  const bytes = roomFor(BLOCK_BYTES + signed.head.length * MAX_UNIT_BYTES + signed.tail.length)
  if (bytes !== scratch || key !== padded) {
    writePads(Buffer.from(key, 'utf8'), bytes)
    padded = bytes === scratch ? key : undefined
  }
  let end = BLOCK_BYTES
  end += bytes.write(signed.head, end, 'utf8')
  end += bytes.write(signed.tail, end, 'hex')
  outer.write(hash('sha256', bytes.subarray(0, end), 'hex'), BLOCK_BYTES, 'hex')
  return Buffer.from(hash('sha256', outer, 'hex'), 'hex')
}

function writePads(key: Buffer, inner: Buffer): void {
  const block = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key
  for (let at = 0; at < BLOCK_BYTES; at += 1) {
    const byte = block[at] ?? 0
    inner[at] = byte ^ INNER_PAD
    outer[at] = byte ^ OUTER_PAD
  }
}

function roomFor(bytes: number): Buffer {
  return bytes <= scratch.length ? scratch : Buffer.allocUnsafe(bytes)
}
