import { collectDefaultMetrics, Registry } from 'prom-client'
import { type MetricName, metricTable } from './metric-table.ts'
import type { Labels } from './series.ts'
import { createCounter, createGauge, createHistogram, type Tally } from './tally.ts'

type Row<N extends MetricName> = (typeof metricTable)[N]
type NamesOf<T extends string> = { [N in MetricName]: Row<N>['type'] extends T ? N : never }[MetricName]
type LabelsOf<N extends MetricName> = Readonly<Record<Row<N>['labels'][number], string>>

/** The metrics of one process. Names, types and labels come from the table; a wrong label does not compile. */
export interface Metrics {
  count<N extends NamesOf<'counter'>>(name: N, labels: LabelsOf<N>, by?: number): void
  set<N extends NamesOf<'gauge'>>(name: N, labels: LabelsOf<N>, value: number): void
  /** @param seconds in the metric's unit, which is seconds for every histogram of ours. */
  observe<N extends NamesOf<'histogram'>>(name: N, labels: LabelsOf<N>, seconds: number): void
  /** Drops a series, e.g. of a key that is no longer configured. */
  remove<N extends MetricName>(name: N, labels: LabelsOf<N>): void
  /** The Prometheus text exposition and its content type. */
  expose(): Promise<{ readonly contentType: string; readonly text: string }>
}

/**
 * Creates the metrics of this process.
 *
 * @param options.process 'include' adds Node's own metrics (heap, event loop, CPU); 'omit' is for tests.
 */
export function createMetrics(options: { readonly process: 'include' | 'omit' }): Metrics {
  const registry = new Registry()
  if (options.process === 'include') collectDefaultMetrics({ register: registry })
  const tallies = new Map<MetricName, Tally>()
  for (const name of Object.keys(metricTable) as MetricName[]) tallies.set(name, createTally(name, registry))
  const tell = (name: MetricName, labels: Labels, value: number) => tallies.get(name)?.add(labels, value)
  return {
    count: (name, labels, by = 1) => tell(name, labels, by),
    set: tell,
    observe: tell,
    remove: (name, labels) => tallies.get(name)?.remove(labels),
    expose: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}

function createTally(name: MetricName, registry: Registry): Tally {
  const row = metricTable[name]
  if (row.type === 'counter') return createCounter({ name, ...row }, registry)
  if (row.type === 'gauge') return createGauge({ name, ...row }, registry)
  return createHistogram({ name, ...row }, registry)
}
