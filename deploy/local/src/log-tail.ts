import { closeSync, openSync, readSync, statSync } from 'node:fs'

const MAX_BYTES = 16 * 1024

/**
 * The last lines of a log file that say something, oldest first. Empty when there is no such file.
 *
 * @param options.lines at most so many, and at most 16 KB of text
 */
export function tailOf(file: string, options: { readonly lines: number }): readonly string[] {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size === 0) return []
  const buffer = Buffer.alloc(Math.min(size, MAX_BYTES))
  const handle = openSync(file, 'r')
  try {
    readSync(handle, buffer, 0, buffer.length, size - buffer.length)
  } finally {
    closeSync(handle)
  }
  const lines = buffer.toString('utf8').split('\n')
  return lines.filter((line) => line.trim() !== '').slice(-options.lines)
}
