import type { OnProgress, Progress } from './progress.ts'

/** Where the lines go; `process.stderr` has this shape. */
export interface ProgressStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** How long a stream that is no terminal (a CI log) waits between two lines of the same download. */
const PLAIN_INTERVAL_MS = 3_000

const TTY_INTERVAL_MS = 100

/**
 * Shows progress as one line that updates in place on a terminal, and as a line every few seconds elsewhere.
 *
 * @param stream        usually `process.stderr`
 * @param options.nowMs the clock, epoch ms
 * @returns `onProgress` to hand to the stack, and `done` to clear the line before anything else is printed
 */
export function renderProgress(
  stream: ProgressStream,
  options: { readonly nowMs: () => number },
): { readonly onProgress: OnProgress; done(): void } {
  const live = stream.isTTY === true
  let shownAtMs = Number.NEGATIVE_INFINITY
  let line = ''

  function clear() {
    if (live && line !== '') stream.write('\r\x1b[2K')
    line = ''
  }

  function onProgress(progress: Progress) {
    const text = toLine(progress)
    if (progress.kind === 'download' && progress.bytes < progress.totalBytes) {
      if (options.nowMs() - shownAtMs < (live ? TTY_INTERVAL_MS : PLAIN_INTERVAL_MS)) return
    }
    if (text === line) return
    shownAtMs = options.nowMs()
    if (!live || progress.kind === 'note') {
      clear()
      stream.write(`${text}\n`)
      if (!live) line = text
      return
    }
    clear()
    line = text
    stream.write(text.slice(0, Math.max(20, (stream.columns ?? 80) - 1)))
  }

  return { onProgress, done: clear }
}

/** One line of text for one report. */
export function toLine(progress: Progress): string {
  if (progress.kind !== 'download') return progress.text
  const percent = progress.totalBytes === 0 ? 100 : Math.floor((100 * progress.bytes) / progress.totalBytes)
  return (
    `Downloading ${percent} %  ${progress.files}/${progress.totalFiles} files  ` +
    `${toMegabytes(progress.bytes)}/${toMegabytes(progress.totalBytes)} MB  ${toMegabytes(progress.bytesPerSecond)} MB/s`
  )
}

function toMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
