import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A function and the share of the samples in which it was the one that ran. */
export interface SelfTime {
  /** `name file:line`, the file by its last two parts. */
  readonly where: string
  /** 0 to 1, of the samples in which the process did something. */
  readonly share: number
}

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
}

/** Functions by self time, the largest first; idle time is left out. Pure. */
export function toSelfTimes(profile: CpuProfile): readonly SelfTime[] {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, toWhere(callFrame)]))
  const counts = new Map<string, number>()
  for (const id of profile.samples) {
    const where = names.get(id) ?? ''
    counts.set(where, (counts.get(where) ?? 0) + 1)
  }
  counts.delete('(idle)')
  const busy = [...counts.values()].reduce((sum, count) => sum + count, 0)
  return [...counts].map(([where, count]) => ({ where, share: count / busy })).sort((a, b) => b.share - a.share)
}

/** The profile that a process wrote into a folder when it ended; the newest one. */
export function readNewestProfile(dir: string): CpuProfile {
  const newest = readdirSync(dir)
    .filter((name) => name.endsWith('.cpuprofile'))
    .sort()
    .at(-1)
  if (newest === undefined) throw new Error(`no profile in ${dir}`)
  return JSON.parse(readFileSync(join(dir, newest), 'utf8')) as CpuProfile
}

function toWhere({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  return url === '' ? name : `${name} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`
}
