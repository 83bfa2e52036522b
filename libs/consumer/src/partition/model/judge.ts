import { ContractBrokenError } from './sink.ts'
import type { World } from './world.ts'

/** What a commit says is settled took effect, was given up, or stands in the retry topic and is not settled there. */
export function judgeCommitted({ committed, main, retry, sink, owner }: World): void {
  if (owner.commit !== undefined) return
  for (let offset = 0; offset < committed.main.offset && offset < main.length; offset += 1) {
    if (sink.effects.has(offset) || sink.given.has(offset)) continue
    if (!retry.some((record) => !('word' in record) && record.origin === offset)) {
      throw new ContractBrokenError(`${offset} is committed and nowhere`)
    }
  }
}

/** @throws {ContractBrokenError} a record is lost, or a key does not end with its newest */
export function judgeEnd({ main, sink }: World): void {
  const newest = new Map<string, number>()
  main.forEach((name, offset) => {
    if (sink.given.has(offset)) return
    if (!sink.effects.has(offset)) throw new ContractBrokenError(`${offset} is lost`)
    newest.set(name ?? `\u0000${offset}`, offset)
  })
  for (const [key, offset] of newest) {
    const last = sink.last.get(key) ?? -1
    if (last < offset) throw new ContractBrokenError(`${key} ends with ${last}, not with ${offset}`)
  }
}
