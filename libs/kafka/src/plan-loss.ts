const HOUR_MS = 60 * 60_000
const DAY_MS = 24 * HOUR_MS

/**
 * What is lost when a topic's setting changes; undefined: nothing. Pure.
 *
 * A shorter retention deletes within minutes. A smaller batch limit deletes nothing, but what is larger is refused from
 * then on, and a webhook that Kafka refuses is one that Bird gives up in the end.
 */
export function lossOf(name: string, from: string, to: string): string | undefined {
  if (from === to) return undefined
  switch (name) {
    case 'retention.ms':
      return isShorter(Number(from), Number(to)) ? `deletes what is older than ${describeMs(Number(to))}` : undefined
    case 'max.message.bytes':
      return Number(to) < Number(from) ? `refuses batches over ${to} bytes from then on` : undefined
    case 'cleanup.policy':
      return to === 'delete' ? 'deletes what is older than the retention, the last of each key too' : 'compacts'
    default:
      return undefined
  }
}

/** -1 is for ever. */
function isShorter(fromMs: number, toMs: number): boolean {
  return toMs >= 0 && (fromMs < 0 || toMs < fromMs)
}

/** A retention in words: `14 d`, `36 h`, `1500 ms`, `for ever`. Pure. */
export function describeMs(ms: number): string {
  if (ms < 0) return 'for ever'
  if (ms % DAY_MS === 0) return `${ms / DAY_MS} d`
  return ms % HOUR_MS === 0 ? `${ms / HOUR_MS} h` : `${ms} ms`
}
