import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Child, type ChildExit, spawnChild } from '@murmuration/local'
import type { Freeze } from '../order/consumer-history.ts'
import type { KafkaCluster } from './kafka-cluster.ts'

const main = fileURLToPath(new URL('./consumer-member.ts', import.meta.url))

/** Longer than any drain: who takes longer is killed, which the exit code shows. */
const GRACE_MS = 20_000

/** Lets a process take itself for one of another machine, where nobody can tell whether one of this machine is dead. */
export const ELSEWHERE = { MACHINE: 'another' }

/** What every member is told. */
export interface MemberPlace {
  readonly cluster: Pick<KafkaCluster, 'brokers' | 'registryUrl' | 'logDir'>
  readonly prefix: string
  readonly groupId: string
  readonly sinkPort: number
  /** Calls at once. */
  readonly concurrency: number
  /** From a handler's begin to its effect, ms at most. */
  readonly workMs: number
  /** What a member's heap may take; it dies when it wants more. */
  readonly heapMegabytes: number
}

/** One member: a client id, and the process that bears it at present. */
export interface Member {
  readonly clientId: string
  readonly pid: number
  readonly child: Child
  /** Starts a process; the one before must have ended. @param settings besides those of every member */
  start(settings?: Readonly<Record<string, string>>): void
  /** SIGTERM. */
  stop(): Promise<ChildExit>
  /** SIGKILL. @returns when, epoch ms */
  kill(): Promise<number>
  /** SIGSTOP. */
  freeze(): void
  /** SIGCONT. */
  thaw(): void
  /** Starts another process under this client id, which does not become the member's own. */
  rival(settings: Readonly<Record<string, string>>): Child
  /** A rival takes the place of the frozen one. @returns wakes the frozen one, and waits for its end */
  replace(): () => Promise<ChildExit>
  /** Waits for an end that the process brings about itself. @returns undefined: it did not */
  die(patienceMs: number): Promise<ChildExit | undefined>
}

/** Members of one group. */
export interface Members {
  readonly all: readonly Member[]
  readonly freezes: readonly Freeze[]
  /** Ends that nobody asked for, as sentences. */
  readonly surprises: readonly string[]
}

/** Starts so many. */
export function startMembers(count: number, place: MemberPlace): Members {
  const freezes: Freeze[] = []
  const surprises: string[] = []
  const all = Array.from({ length: count }, (_, index) =>
    createMember(`member-${index}`, { place, freezes, surprises }),
  )
  for (const member of all) member.start()
  return { all, freezes, surprises }
}

function createMember(
  clientId: string,
  group: { readonly place: MemberPlace; readonly freezes: Freeze[]; readonly surprises: string[] },
): Member {
  const { place, freezes, surprises } = group
  const { cluster } = place
  const settings = {
    PATH: process.env.PATH ?? '',
    CLIENT_ID: clientId,
    KAFKA_BROKERS: cluster.brokers.join(','),
    SCHEMA_REGISTRY_URL: cluster.registryUrl,
    KAFKA_TOPIC_PREFIX: place.prefix,
    GROUP_ID: place.groupId,
    SINK_PORT: String(place.sinkPort),
    CONCURRENCY: String(place.concurrency),
    WORK_MS: String(place.workMs),
  }
  let child: Child | undefined
  let frozen = { pid: 0, fromMs: 0 }
  const expected = new WeakSet<Child>()

  function spawn(own: Readonly<Record<string, string>>): Child {
    return spawnChild({
      name: clientId,
      command: process.execPath,
      args: ['--expose-gc', `--max-old-space-size=${place.heapMegabytes}`, main],
      env: { ...settings, ...own },
      logFile: join(cluster.logDir, `${place.prefix}${clientId}.log`),
    })
  }
  function current(): Child & { readonly pid: number } {
    const { pid } = child ?? {}
    if (child === undefined || pid === undefined) throw new TypeError(`${clientId} does not run`)
    return { ...child, pid }
  }
  function expectEnd(): Child {
    if (child === undefined) throw new TypeError(`${clientId} does not run`)
    expected.add(child)
    return child
  }
  return {
    clientId,
    get pid() {
      return current().pid
    },
    get child() {
      return current()
    },
    start(own = {}) {
      const started = spawn(own)
      child = started
      if ('KILL_AFTER_WRITES' in own) expected.add(started)
      void started.exited.then(({ code, signal }) => {
        if (!expected.has(started)) surprises.push(`${clientId} ended by itself: ${code ?? signal}`)
      })
    },
    rival: spawn,
    stop: () => expectEnd().stop({ graceMs: GRACE_MS, signal: 'SIGTERM' }),
    async kill() {
      const killedMs = Date.now()
      await expectEnd().kill()
      return killedMs
    },
    freeze() {
      const { pid } = current()
      process.kill(pid, 'SIGSTOP')
      frozen = { pid, fromMs: Date.now() }
    },
    thaw() {
      freezes.push({ ...frozen, toMs: Date.now() })
      process.kill(frozen.pid, 'SIGCONT')
    },
    replace() {
      const replaced = expectEnd()
      this.start(ELSEWHERE)
      return () => {
        this.thaw()
        // Killed when its patience is over; the signal itself does nothing to a process that runs.
        return replaced.stop({ graceMs: GRACE_MS, signal: 'SIGCONT' })
      }
    },
    async die(patienceMs) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const patience = setTimeout(resolve, patienceMs)
      const end = await Promise.race([expectEnd().exited, promise.then(() => undefined)])
      clearTimeout(patience)
      return end
    },
  }
}
