/** 64 bits of a text, as two unsigned 32-bit numbers. */
export interface Fingerprint {
  readonly high: number
  readonly low: number
}

/**
 * A fast 64-bit hash of a text; not for secrets. Two lanes of multiply and rotate over the UTF-16 units, and a final
 * mix that lets every unit reach every bit.
 */
export function fingerprintOf(text: string): Fingerprint {
  let low = 0x9e3779b9 ^ text.length
  let high = 0x85ebca6b ^ text.length
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    low = Math.imul(low ^ unit, 0xcc9e2d51)
    low = (low << 15) | (low >>> 17)
    high = Math.imul(high ^ unit, 0x1b873593)
    high = (high << 13) | (high >>> 19)
  }
  low = mix(low ^ (high >>> 3))
  high = mix(high ^ low)
  return { high: high >>> 0, low: low >>> 0 }
}

/** Murmur3's finalizer. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
