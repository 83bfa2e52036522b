import type { FileHandle } from 'node:fs/promises'

const CHUNK_BYTES = 1_048_576
const LINE_FEED = 0x0a

/** What a trail holds. */
export interface TrailState {
  /** Last offset of each partition, by `topic partition`. */
  readonly last: ReadonlyMap<string, bigint>
  /** Length of its whole lines, bytes; what lies behind them was torn by a crash. */
  readonly bytes: number
}

/**
 * Reads a trail line by line.
 *
 * Lines end with a line feed and nothing else. A line is on disk before its offset is committed, so only what follows
 * the last line feed can be a crash's doing; it is not counted, and its record comes again.
 *
 * @throws when a whole line can't be read: cutting there would drop the lines behind it
 */
export async function readTrail(handle: Pick<FileHandle, 'read'>): Promise<TrailState> {
  const last = new Map<string, bigint>()
  const chunk = Buffer.alloc(CHUNK_BYTES)
  let rest = Buffer.alloc(0)
  let bytes = 0
  let lines = 0
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position)
    if (bytesRead === 0) return { last, bytes }
    position += bytesRead
    rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)])
    let start = 0
    for (let end = rest.indexOf(LINE_FEED); end !== -1; end = rest.indexOf(LINE_FEED, start)) {
      lines += 1
      const { place, offset } = parseLine(rest.toString('utf8', start, end), lines)
      last.set(place, offset)
      start = end + 1
    }
    bytes += start
    rest = rest.subarray(start)
  }
}

function parseLine(text: string, line: number): { readonly place: string; readonly offset: bigint } {
  try {
    const { t, p, o } = JSON.parse(text) as Readonly<Record<string, unknown>>
    if (typeof t === 'string' && typeof p === 'number' && typeof o === 'string') {
      return { place: `${t} ${p}`, offset: BigInt(o) }
    }
  } catch {
    // The parser would quote the line.
  }
  throw new Error(`line ${line} can't be read; it was changed after it was written`)
}
