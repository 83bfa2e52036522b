import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** Linux reports CPU time in ticks of 1/100 s on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100

/** User and system time of a process since its start, in seconds. Linux only. */
export function readCpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The command's name may hold blanks; the fields are counted from the parenthesis that closes it (state is the third).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Time in which any core did something, since the machine's start, in seconds. */
export function readMachineCpuSeconds(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1_000
}

/** Time in which a core of ours waited for the machine that carries this one, since the start, in seconds. Linux only. */
export function readStolenSeconds(): number {
  const [all = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1)
  // cpu user nice system idle iowait irq softirq steal …
  return Number(all.split(/\s+/)[8] ?? 0) / TICKS_PER_SECOND
}

/** Largest resident size since the start, or since `resetPeakRss`, bytes. */
export function readPeakRssBytes(pid: number): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1] ?? Number.NaN) * 1_024
}

/** Lets the peak count from now on. */
export function resetPeakRss(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}
