import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { AuditAppendFailedError } from './audit-errors.ts'
import type { AuditLine } from './audit-line.ts'
import { readTrail } from './read-trail.ts'

/** The trail as a file of JSON lines. One writer. */
export interface AuditTrail {
  /**
   * Appends a line and resolves when it is on disk; calls are written one after the other.
   *
   * After a failure every later call fails too: what the disk holds of the failed line is unknown, and the next start
   * finds out.
   *
   * @returns false when the trail already holds this offset: a repeat after a crash
   * @throws {AuditAppendFailedError}
   */
  append(line: AuditLine): Promise<boolean>
  close(): Promise<void>
}

/**
 * Opens the trail and finds the last offset of each partition in it. A last line torn by a crash is cut off; a broken
 * line before it is nobody's crash, so it is left for a person to look at.
 *
 * @throws {AuditAppendFailedError}
 */
export async function openAuditTrail(dir: string): Promise<AuditTrail> {
  const file = join(dir, 'trail.jsonl')
  try {
    await mkdir(dir, { recursive: true })
    const handle = await open(file, 'a+', 0o600)
    const { last, bytes } = await readTrail(handle)
    await handle.truncate(bytes)
    await handle.sync()
    await syncDirectory(dir)
    return createTrail({ file, handle, last })
  } catch (error) {
    throw new AuditAppendFailedError({ file }, { cause: error })
  }
}

/** Creates the trail on an open file, with the last offset of each partition, by `topic partition`. */
export function createTrail(state: {
  readonly file: string
  readonly handle: Pick<FileHandle, 'appendFile' | 'datasync' | 'close'>
  readonly last: ReadonlyMap<string, bigint>
}): AuditTrail {
  const lastOffsets = new Map(state.last)
  let queue: Promise<unknown> = Promise.resolve()
  let failure: AuditAppendFailedError | undefined

  async function write(line: AuditLine): Promise<boolean> {
    if (failure !== undefined) throw failure
    const place = `${line.t} ${line.p}`
    const offset = BigInt(line.o)
    const last = lastOffsets.get(place)
    if (last !== undefined && offset <= last) return false
    try {
      await state.handle.appendFile(`${JSON.stringify(line)}\n`)
      await state.handle.datasync()
    } catch (error) {
      failure = new AuditAppendFailedError({ file: state.file }, { cause: error })
      throw failure
    }
    lastOffsets.set(place, offset)
    return true
  }

  return {
    append(line) {
      const written = queue.then(() => write(line))
      queue = written.catch(() => undefined)
      return written
    },
    close: async () => {
      await queue
      await state.handle.close()
    },
  }
}

/** Makes the file's own entry in its directory durable. */
async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
