import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Reads `+PID` and `-PID` lines. When the pipe closes, its parent is gone in whatever way: it asks the process groups
 * that are still listed to end, and after two seconds makes them.
 */
const SCRIPT = `
pids=' '
while read -r line; do
  pid=\${line#?}
  case $line in
    +*) pids="$pids$pid " ;;
    -*) case $pids in *" $pid "*) pids="\${pids%% $pid *} \${pids#* $pid }" ;; esac ;;
  esac
done
any() { for p in $pids; do kill -0 -$p 2>/dev/null && return 0; done; return 1; }
any || exit 0
for p in $pids; do kill -TERM -$p 2>/dev/null; done
i=0
while any && [ $i -lt 20 ]; do sleep 0.1; i=$((i + 1)); done
for p in $pids; do kill -KILL -$p 2>/dev/null; done
exit 0
`

let reaper: ChildProcess | undefined

/**
 * Makes sure that a process group ends with this process, even when this process is killed with SIGKILL.
 *
 * One tiny `sh` per process does it. It lives in a session of its own, so that a terminal's Ctrl-C does not reach it,
 * and ends when this process ends. On Windows it does nothing.
 *
 * @param pid leader of the group
 * @returns call it when the group is gone, before its number can be given to another process
 */
export function guardProcessGroup(pid: number): () => void {
  if (process.platform === 'win32') return () => {}
  tell(`+${pid}`)
  return () => tell(`-${pid}`)
}

/** The reaper's own process id, for tests. */
export function reaperPid(): number | undefined {
  return reaper?.pid
}

function tell(line: string) {
  reaper ??= startReaper()
  // A pipe write of a few bytes goes out at once, so a SIGKILL right after this line finds it delivered.
  reaper.stdin?.write(`${line}\n`)
}

function startReaper(): ChildProcess {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'murmuration-reaper'], {
    cwd: '/',
    detached: true,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // Without a reaper everything works but the cleaning up after a SIGKILL.
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  child.unref()
  const handle = child.stdin as unknown as { unref?: () => void }
  handle.unref?.()
  return child
}
