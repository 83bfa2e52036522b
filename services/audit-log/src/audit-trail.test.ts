import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AuditAppendFailedError } from './audit-errors.ts'
import { type AuditLine, toUndecodableLine } from './audit-line.ts'
import { createTrail, openAuditTrail } from './audit-trail.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'audit-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const file = () => join(dir, 'trail.jsonl')

function line(offset: bigint, place: { readonly topic?: string; readonly partition?: number } = {}): AuditLine {
  const { topic = 'a.v1', partition = 0 } = place
  // The trail holds offsets as text of any size, whatever a consumer's number holds.
  return { ...toUndecodableLine({ topic, partition, offset: 0 }), o: String(offset) }
}

function written(): readonly AuditLine[] {
  const lines = readFileSync(file(), 'utf8').split('\n')
  expect(lines.pop()).toBe('')
  return lines.map((text) => JSON.parse(text) as AuditLine)
}

/** Appends what is given, in a trail that is opened and closed for it. */
async function append(...lines: readonly AuditLine[]): Promise<readonly boolean[]> {
  const trail = await openAuditTrail(dir)
  try {
    return await Promise.all(lines.map((one) => trail.append(one)))
  } finally {
    await trail.close()
  }
}

describe('the audit trail', () => {
  it('appends lines in the order of the calls', async () => {
    const lines = Array.from({ length: 50 }, (_, offset) => line(BigInt(offset)))
    expect(await append(...lines)).toEqual(lines.map(() => true))
    expect(written()).toEqual(lines)
  })

  it('creates its directory, and a file that only its owner can read', async () => {
    dir = join(dir, 'a', 'b')
    await append(line(0n))
    expect(statSync(file()).mode & 0o777).toBe(0o600)
  })

  it('resumes where it ended when it is opened again', async () => {
    await append(line(0n), line(1n))
    expect(await append(line(1n), line(2n))).toEqual([false, true])
    expect(written().map(({ o }) => o)).toEqual(['0', '1', '2'])
  })

  it('skips an offset that it holds, and everything before it: a crash repeats a suffix', async () => {
    expect(await append(line(7n), line(5n), line(7n), line(8n))).toEqual([true, false, false, true])
    expect(written().map(({ o }) => o)).toEqual(['7', '8'])
  })

  it('counts offsets per topic and partition', async () => {
    const other = [line(0n, { topic: 'b.v1' }), line(0n, { partition: 1 }), line(0n, { partition: 10 })]
    expect(await append(line(5n), ...other)).toEqual([true, true, true, true])
    expect(await append(line(0n), ...other)).toEqual([false, false, false, false])
  })

  it('compares offsets as numbers of any size, not as text', async () => {
    const large = 2n ** 53n
    expect(await append(line(9n), line(10n), line(large), line(large + 1n))).toEqual([true, true, true, true])
    expect(await append(line(large + 1n), line(large + 2n))).toEqual([false, true])
  })

  it('takes an offset that leaves a hole: retention and markers make holes', async () => {
    expect(await append(line(1n), line(100n))).toEqual([true, true])
  })
})

describe('the audit trail after a crash', () => {
  it.each([
    ['in the middle of a line', '{"v":1,"kind":"event","t":"a.v1","p":0,"o":"2"'],
    ['between a line and its line feed', JSON.stringify(line(2n))],
    ['with zeros that the file system left', '\0\0\0'],
  ])('cuts off what was torn %s, and takes its record again', async (_, torn) => {
    await append(line(0n), line(1n))
    const whole = readFileSync(file())
    writeFileSync(file(), Buffer.concat([whole, Buffer.from(torn)]))
    expect(await append(line(1n), line(2n), line(3n))).toEqual([false, true, true])
    expect(written().map(({ o }) => o)).toEqual(['0', '1', '2', '3'])
  })

  it('starts anew when the first line was torn', async () => {
    writeFileSync(file(), '{"v":')
    expect(await append(line(0n))).toEqual([true])
    expect(written()).toEqual([line(0n)])
  })

  it('opens a trail of more than one read, and lines that lie across two reads', async () => {
    const lines = Array.from({ length: 12_000 }, (_, offset) => `${JSON.stringify(line(BigInt(offset)))}\n`)
    writeFileSync(file(), lines.join(''))
    expect(statSync(file()).size).toBeGreaterThan(1_048_576)
    expect(await append(line(11_999n), line(12_000n))).toEqual([false, true])
    expect(written()).toHaveLength(12_001)
  })

  it('reads text that other readers would break a line at', async () => {
    const odd = { ...line(0n), verdict: 'bird-crm:key\u2028\u2029\u0085\r1' }
    await append(odd, line(1n))
    expect(await append(line(1n), line(2n))).toEqual([false, true])
    expect(written()[0]).toEqual(odd)
  })

  it.each([
    ['is no JSON', 'x'],
    ['lost its offset', '{"v":1,"t":"a.v1","p":0}'],
  ])('refuses to open, and changes nothing, when a line %s: cutting there would drop the rest', async (_, broken) => {
    await append(line(0n), line(1n))
    const [first, second] = readFileSync(file(), 'utf8').split('\n')
    const changed = `${first}\n${broken}\n${second}\n`
    writeFileSync(file(), changed)
    await expect(openAuditTrail(dir)).rejects.toBeInstanceOf(AuditAppendFailedError)
    expect(readFileSync(file(), 'utf8')).toBe(changed)
  })
})

describe('the audit trail on a disk that fails', () => {
  it('stops the consumer when its directory can not be written', async () => {
    writeFileSync(join(dir, 'file'), '')
    const opened = openAuditTrail(join(dir, 'file', 'trail'))
    await expect(opened).rejects.toMatchObject({ code: 'MUR_AUDIT_APPEND_FAILED', disposition: 'stop' })
  })

  it('takes no line after one that failed: the torn one would end up in the middle', async () => {
    const disk: string[] = []
    let full = false
    const trail = createTrail({
      file: 'trail.jsonl',
      last: new Map(),
      handle: {
        appendFile: async (data) => {
          disk.push(full ? String(data).slice(0, 10) : String(data))
          if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
        },
        datasync: async () => undefined,
        close: async () => undefined,
      },
    })
    expect(await trail.append(line(0n))).toBe(true)
    full = true
    const settled = Promise.allSettled([trail.append(line(1n)), trail.append(line(2n))])
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    full = false
    await expect(trail.append(line(3n))).rejects.toBeInstanceOf(AuditAppendFailedError)
    expect(disk).toHaveLength(2)
    await trail.close()
  })

  it('does not call a line appended when the disk did not confirm it', async () => {
    const trail = createTrail({
      file: 'trail.jsonl',
      last: new Map(),
      handle: {
        appendFile: async () => undefined,
        datasync: async () => {
          throw new Error('i/o error')
        },
        close: async () => undefined,
      },
    })
    await expect(trail.append(line(0n))).rejects.toMatchObject({ disposition: 'stop' })
  })

  it('names its file and the cause in the error, and nothing of the line', async () => {
    const trail = await openAuditTrail(dir)
    await trail.close()
    const failed = trail.append({ ...line(0n), eventId: 'event-1' })
    await expect(failed).rejects.toThrow(/trail\.jsonl/)
    await expect(failed).rejects.not.toThrow(/event-1/)
  })
})
