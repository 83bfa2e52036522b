import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describeError } from '@murmuration/errors'
import type { Logger, Metrics } from '@murmuration/observability'
import type { Env } from './signing-keys.ts'
import { type LoadedSources, readSources, type Source } from './sources.ts'

/** What watching needs. */
export interface WatchOptions {
  readonly file: string
  readonly env: Env
  /** What was read at start. */
  readonly loaded: LoadedSources
  /** Called with the sources of each change that is valid. */
  readonly onSources: (sources: readonly Source[]) => void
  readonly logger: Logger
  readonly metrics: Metrics
}

/** Watches the sources file and the key files that it names. */
export interface SourcesWatch {
  /** Looks whether anything has changed, and loads or refuses it. Call it every second, and on SIGHUP. */
  check(): void
}

/**
 * Creates a watch. A valid change takes effect for the webhooks that come after it; an invalid one is refused, the old
 * sources are kept, and the gauge `murmuration_ingress_sources_stale` stays 1 until the files are valid again.
 *
 * By content, not by events of the file system: a mounted secret changes by a link further up, and events of network
 * file systems don't arrive. Secrets from environment variables can't change while the process lives.
 */
export function watchSources(options: WatchOptions): SourcesWatch {
  const { logger, metrics } = options
  let loaded = options.loaded
  let known = fingerprintFiles([options.file, ...loaded.keyFiles])
  metrics.set('murmuration_ingress_sources_stale', {}, 0)
  announceKeys([], loaded.sources, metrics)

  function reload(): void {
    try {
      const next = readSources(options.file, options.env)
      announceKeys(loaded.sources, next.sources, metrics)
      logger.info('sources were reloaded', describeChange(loaded.sources, next.sources))
      loaded = next
      options.onSources(next.sources)
      metrics.count('murmuration_ingress_sources_reloads_total', { result: 'loaded' })
      metrics.set('murmuration_ingress_sources_stale', {}, 0)
    } catch (error) {
      logger.error('changed sources were refused, the old ones stay', { error: describeError(error) })
      metrics.count('murmuration_ingress_sources_reloads_total', { result: 'refused' })
      metrics.set('murmuration_ingress_sources_stale', {}, 1)
    }
  }

  return {
    check() {
      const now = fingerprintFiles([options.file, ...loaded.keyFiles])
      if (now === known) return
      known = now
      reload()
      // A valid change may name other key files.
      known = fingerprintFiles([options.file, ...loaded.keyFiles])
    },
  }
}

/** Shows a series for each key from the start, so that one that is never used is seen to be 0; drops those that went. */
function announceKeys(before: readonly Source[], after: readonly Source[], metrics: Metrics): void {
  const live = new Set(keysOf(after).map(({ source, key_id }) => `${source} ${key_id}`))
  const had = new Set(keysOf(before).map(({ source, key_id }) => `${source} ${key_id}`))
  for (const labels of keysOf(before)) {
    if (live.has(`${labels.source} ${labels.key_id}`)) continue
    metrics.remove('murmuration_ingress_signature_key_uses_total', labels)
    metrics.remove('murmuration_ingress_signature_key_last_use_timestamp_seconds', labels)
  }
  for (const labels of keysOf(after)) {
    if (had.has(`${labels.source} ${labels.key_id}`)) continue
    metrics.count('murmuration_ingress_signature_key_uses_total', labels, 0)
    metrics.set('murmuration_ingress_signature_key_last_use_timestamp_seconds', labels, 0)
  }
}

function keysOf(sources: readonly Source[]): readonly { readonly source: string; readonly key_id: string }[] {
  return sources.flatMap(({ name, signingKeys }) => signingKeys.map(({ id }) => ({ source: name, key_id: id })))
}

/** Names of what came and went. */
function describeChange(before: readonly Source[], after: readonly Source[]) {
  const name = ({ source, key_id }: { readonly source: string; readonly key_id: string }) => `${source}/${key_id}`
  const had = keysOf(before).map(name)
  const has = keysOf(after).map(name)
  return {
    sources: after.map((source) => source.name),
    keysAdded: has.filter((key) => !had.includes(key)),
    keysRemoved: had.filter((key) => !has.includes(key)),
  }
}

function fingerprintFiles(files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file}\n`).update(readOrNothing(file))
  return hash.digest('base64')
}

function readOrNothing(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    return Buffer.from(`unreadable: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`)
  }
}
