import type { SigningKey } from '@murmuration/bird'
import { describeError } from '@murmuration/errors'
import type { Logger, Metrics } from '@murmuration/observability'
import { createFileReader } from './file-reader.ts'
import { type Env, isGuessable, isPadded } from './signing-keys.ts'
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
  /**
   * Looks whether anything has changed, and loads or refuses what two looks in a row have found the same: a file that
   * is being written may be short, and valid all the same, with half of the sources. Call it every second.
   */
  check(): void
  /** Loads or refuses a change at once: somebody says that it is complete. Call it on SIGHUP. */
  checkNow(): void
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
  let { sources, files } = options.loaded
  let found: string | undefined
  const countReload = (result: string, by?: number) =>
    metrics.count('murmuration_ingress_sources_reloads_total', { result }, by)
  metrics.set('murmuration_ingress_sources_stale', {}, 0)
  for (const result of ['loaded', 'refused']) countReload(result, 0)
  announceKeys([], sources, metrics)
  warnOfKeys(sources, logger)

  function reload(): void {
    // Its own, also of a change that is refused: a key file which that names may come later than the change itself.
    files = createFileReader()
    try {
      const next = readSources(options.file, options.env, files).sources
      announceKeys(sources, next, metrics)
      logger.info('sources were reloaded', describeChange(sources, next))
      warnOfKeys(next, logger)
      sources = next
      options.onSources(next)
      countReload('loaded')
      metrics.set('murmuration_ingress_sources_stale', {}, 0)
    } catch (error) {
      logger.error('changed sources were refused, the old ones stay', { error: describeError(error) })
      countReload('refused')
      metrics.set('murmuration_ingress_sources_stale', {}, 1)
    }
  }

  function look(wants: 'a settled change' | 'any change'): void {
    const now = files.now()
    const isSettled = now === found
    found = now === files.seen() ? undefined : now
    if (found === undefined || (wants === 'a settled change' && !isSettled)) return
    found = undefined
    reload()
  }

  return { check: () => look('a settled change'), checkNow: () => look('any change') }
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

/** Keys are what the owner of the Bird workspace chose; whoever finds one out can sign whatever he wants. */
function warnOfKeys(sources: readonly Source[], logger: Logger): void {
  const keysThat = (isOdd: (key: SigningKey) => boolean) =>
    sources.flatMap(({ name, signingKeys }) => signingKeys.filter(isOdd).map(({ id }) => `${name}/${id}`))
  const [short, padded] = [keysThat(isGuessable), keysThat(isPadded)]
  if (short.length > 0) {
    logger.warn('signing keys are short enough to be guessed: choose longer ones at Bird', { keys: short })
  }
  if (padded.length > 0) {
    logger.warn('signing keys have blanks or line ends around them, which count: are they typed so at Bird?', {
      keys: padded,
    })
  }
}

/** Names of what came, went, or is something else under its old name: sources but for their secrets, and those. */
function describeChange(before: readonly Source[], after: readonly Source[]) {
  const had = secretsOf(before)
  const has = secretsOf(after)
  const old = new Map(before.map((source) => [source.name, JSON.stringify(source)]))
  const changed = after.filter((source) => old.has(source.name) && old.get(source.name) !== JSON.stringify(source))
  return {
    sources: after.map((source) => source.name),
    sourcesChanged: changed.map((source) => source.name),
    keysAdded: [...has.keys()].filter((key) => !had.has(key)),
    keysChanged: [...has.keys()].filter((key) => had.has(key) && had.get(key) !== has.get(key)),
    keysRemoved: [...had.keys()].filter((key) => !has.has(key)),
  }
}

function secretsOf(sources: readonly Source[]): ReadonlyMap<string, string> {
  return new Map(
    sources.flatMap(({ name, signingKeys }) => signingKeys.map(({ id, secret }) => [`${name}/${id}`, secret] as const)),
  )
}
