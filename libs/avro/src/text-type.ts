import avro, { type Type } from 'avsc'

/** Where avsc writes to, and how far it has come. */
interface Tap {
  readonly buf: Buffer
  pos: number
}

interface WritableType {
  _write(tap: Tap, value: unknown): void
}

/** Most UTF-8 bytes of one UTF-16 unit. */
const MAX_UNIT_BYTES = 3
/** Lengths below them take one byte, and two. */
const [ONE_BYTE, TWO_BYTES] = [64, 8_192]

/**
 * Avro's string with a quicker way of writing: the same bytes as avsc's own, which measures each text first and writes
 * the short ones byte by byte in JavaScript. Events are short texts mostly: encoding them takes half the time.
 *
 * A lone surrogate, which no UTF-8 can say, becomes U+FFFD; avsc lets it through in short texts.
 *
 * A length stands before its text. It is guessed, and what was guessed wrong, or is long, or has no room, avsc writes.
 */
export function createTextType(): Type {
  const plain = avro.Type.forSchema('string') as Type & WritableType
  const write: WritableType['_write'] = (tap, value) => {
    if (typeof value !== 'string' || !writeText(tap, value)) plain._write(tap, value)
  }
  return Object.create(plain, { _write: { value: write } })
}

/** False: nothing counts as written. */
function writeText(tap: Tap, text: string): boolean {
  const { buf, pos } = tap
  const guess = text.length < ONE_BYTE ? 1 : 2
  if (text.length >= TWO_BYTES || pos + guess + text.length * MAX_UNIT_BYTES > buf.length) return false
  const bytes = buf.write(text, pos + guess, 'utf8')
  if (bytes >= (guess === 1 ? ONE_BYTE : TWO_BYTES)) return false
  // Zigzag: twice the length, seven bits a byte, the low ones first.
  if (guess === 1) buf[pos] = bytes << 1
  else {
    buf[pos] = ((bytes << 1) & 0x7f) | 0x80
    buf[pos + 1] = bytes >> 6
  }
  tap.pos = pos + guess + bytes
  return true
}
