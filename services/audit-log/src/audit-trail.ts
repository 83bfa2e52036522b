import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { AuditAppendFailedError } from './audit-errors.ts'
import type { AuditLine } from './audit-line.ts'

/** The trail as a file of JSON lines. One writer. */
export interface AuditTrail {
  /**
   * Appends a line and resolves when it is on disk; calls are written one after the other.
   *
   * @returns false when the trail already holds this offset: a repeat after a crash
   * @throws {AuditAppendFailedError}
   */
  append(line: AuditLine): Promise<boolean>
  close(): Promise<void>
}

/**
 * Opens the trail and finds the last offset of each partition in it. A line torn by a crash is cut off.
 *
 * @throws {AuditAppendFailedError}
 */
export async function openAuditTrail(dir: string): Promise<AuditTrail> {
  const file = join(dir, 'trail.jsonl')
  try {
    await mkdir(dir, { recursive: true })
    const handle = await open(file, 'a+', 0o600)
    const { last, bytes } = await readTrail(file)
    await handle.truncate(bytes)
    return createTrail({ file, handle, last })
  } catch (error) {
    throw new AuditAppendFailedError({ file }, { cause: error })
  }
}

function createTrail(state: { file: string; handle: FileHandle; last: Map<string, bigint> }): AuditTrail {
  let queue: Promise<unknown> = Promise.resolve()

  async function write(line: AuditLine): Promise<boolean> {
    const place = `${line.t} ${line.p}`
    const offset = BigInt(line.o)
    const last = state.last.get(place)
    if (last !== undefined && offset <= last) return false
    try {
      await state.handle.appendFile(`${JSON.stringify(line)}\n`)
      await state.handle.datasync()
    } catch (error) {
      throw new AuditAppendFailedError({ file: state.file }, { cause: error })
    }
    state.last.set(place, offset)
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

async function readTrail(file: string): Promise<{ last: Map<string, bigint>; bytes: number }> {
  const last = new Map<string, bigint>()
  let bytes = 0
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    const line = parseLine(text)
    if (line === undefined) break
    last.set(`${line.t} ${line.p}`, BigInt(line.o))
    bytes += Buffer.byteLength(text) + 1
  }
  return { last, bytes }
}

function parseLine(text: string): AuditLine | undefined {
  try {
    return JSON.parse(text) as AuditLine
  } catch {
    return undefined
  }
}
