import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { type MetricName, metricTable } from './metric-table.ts'

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
  const counters = new Map<string, Counter>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()
  for (const [name, row] of Object.entries(metricTable)) {
    const common = { name, help: row.help, labelNames: [...row.labels], registers: [registry] }
    if (row.type === 'counter') counters.set(name, new Counter(common))
    else if (row.type === 'gauge') gauges.set(name, new Gauge(common))
    else histograms.set(name, new Histogram({ ...common, buckets: [...row.buckets] }))
  }
  return {
    count: (name, labels, by = 1) => counters.get(name)?.inc(labels, by),
    set: (name, labels, value) => gauges.get(name)?.set(labels, value),
    observe: (name, labels, seconds) => histograms.get(name)?.observe(labels, seconds),
    remove: (name, labels) => {
      counters.get(name)?.remove(labels)
      gauges.get(name)?.remove(labels)
      histograms.get(name)?.remove(labels)
    },
    expose: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}
