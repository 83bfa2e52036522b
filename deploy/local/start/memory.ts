import { readdirSync, readFileSync } from 'node:fs'

/**
 * Memory of a process and all its descendants, MiB: the sum of the proportional set sizes, in which a page that several
 * processes share counts once. Linux only; undefined elsewhere.
 */
export function treeMemoryMiB(rootPid: number): number | undefined {
  if (process.platform !== 'linux') return undefined
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    const parent = Number.isInteger(pid) ? parentOf(pid) : undefined
    if (parent !== undefined) parents.set(pid, parent)
  }
  let kib = 0
  for (const pid of parents.keys()) if (descends(pid, rootPid, parents)) kib += pssKiB(pid)
  return Math.round(kib / 1_024)
}

function descends(pid: number, rootPid: number, parents: ReadonlyMap<number, number>): boolean {
  for (let current: number | undefined = pid; current !== undefined && current > 0; current = parents.get(current)) {
    if (current === rootPid) return true
  }
  return false
}

function parentOf(pid: number): number | undefined {
  try {
    // The name may hold spaces and parentheses; the parent is the second field after the last one.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(')').at(-1)?.trim().split(' ')
    return Number(fields?.[1])
  } catch {
    return undefined
  }
}

function pssKiB(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
