import type { Java } from './java.ts'

/** How a Java program of the stack is run. */
export interface JvmOptions {
  readonly java: Java
  /**
   * `use` maps an archive of loaded classes, which saves half of the start and 10 % of the memory, and is ignored when it
   * does not fit. `write` makes one when the program ends.
   */
  readonly archive?: { readonly use: string } | { readonly write: string }
}

/**
 * Flags for a server that has to be up soon and stay small.
 *
 * C1 only and the serial collector: measured on two cores, Kafka is up in 1.4 s instead of 2.1 s, for half of the CPU
 * time. Out of memory ends the program, so that the supervisor starts it again, instead of leaving it half alive.
 *
 * @param options.heapMegabytes upper limit of the heap
 */
export function toJvmFlags(options: JvmOptions & { readonly heapMegabytes: number }): readonly string[] {
  const flags = [
    `-Xmx${options.heapMegabytes}m`,
    '-Xms32m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-XX:+ExitOnOutOfMemoryError',
    // Its file in the shared temporary folder would outlive a SIGKILL.
    '-XX:-UsePerfData',
    '-Djava.awt.headless=true',
    '-Dfile.encoding=UTF-8',
  ]
  if (options.archive === undefined) return flags
  if ('write' in options.archive) return [...flags, `-XX:ArchiveClassesAtExit=${options.archive.write}`]
  return [...flags, `-XX:SharedArchiveFile=${options.archive.use}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off']
}

/** How long such a program may take to end: writing an archive takes seconds. */
export function toGraceMs(options: JvmOptions): number {
  return options.archive !== undefined && 'write' in options.archive ? 90_000 : 15_000
}
