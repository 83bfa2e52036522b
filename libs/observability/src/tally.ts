import { Counter, Gauge, type Histogram, type Registry } from 'prom-client'
import { type Labels, SeriesMap } from './series.ts'

/** What a metric of any type is made of. */
interface Row {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
}

/** Numbers that are kept here and handed to prom-client when it is asked for them. */
export interface Tally {
  /** @throws {TypeError} a number that the metric's type can't take, as prom-client throws */
  add(labels: Labels, value: number): void
  remove(labels: Labels): void
}

/** A counter; `add` adds. */
export function createCounter(row: Row, registry: Registry): Tally {
  const added = new SeriesMap(row.labels, () => ({ value: 0 }))
  const counter = new Counter({
    ...configure(row, registry),
    collect() {
      for (const { labels, kept } of added.all()) {
        this.inc(labels, kept.value)
        kept.value = 0
      }
    },
  })
  return {
    add: (labels, value) => {
      if (!(value >= 0 && value < Infinity)) throw new TypeError(`${row.name} can't be raised by ${value}`)
      added.at(labels).value += value
    },
    remove: (labels) => {
      added.delete(labels)
      counter.remove(labels)
    },
  }
}

/** A gauge; `add` sets, to any number: what is not finite can be shown, and is no reason to stop. */
export function createGauge(row: Row, registry: Registry): Tally {
  const latest = new SeriesMap(row.labels, () => ({ value: 0 }))
  const gauge = new Gauge({
    ...configure(row, registry),
    collect() {
      for (const { labels, kept } of latest.all()) this.set(labels, kept.value)
    },
  })
  return {
    add: (labels, value) => {
      latest.at(labels).value = value
    },
    remove: (labels) => {
      latest.delete(labels)
      gauge.remove(labels)
    },
  }
}

/**
 * A histogram; `add` observes.
 *
 * prom-client takes observations one by one only, so its place in the registry is taken by ours, which answers `get` as
 * its own does; a test compares the two.
 */
export function createHistogram(row: Row & { readonly buckets: readonly number[] }, registry: Registry): Tally {
  const { name, help, buckets } = row
  const observed = new SeriesMap(row.labels, () => ({ sum: 0, count: 0, byBucket: buckets.map(() => 0) }))

  function valuesOf({ labels, kept }: ReturnType<typeof observed.all>[number]) {
    let below = 0
    const counts = buckets.map((le, bucket) => {
      below += kept.byBucket[bucket] ?? 0
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: below }
    })
    return [
      ...counts,
      { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: kept.count },
      { metricName: `${name}_sum`, labels, value: kept.sum },
      { metricName: `${name}_count`, labels, value: kept.count },
    ]
  }

  const get = async () => ({ name, help, type: 'histogram', values: observed.all().flatMap(valuesOf) })
  if (row.labels.length === 0) observed.at({})
  registry.registerMetric({ name, get } as unknown as Histogram)
  return {
    add: (labels, value) => {
      assertFinite(name, value)
      const kept = observed.at(labels)
      kept.sum += value
      kept.count += 1
      let bucket = 0
      while (bucket < buckets.length && value > (buckets[bucket] ?? Infinity)) bucket += 1
      if (bucket < buckets.length) kept.byBucket[bucket] = (kept.byBucket[bucket] ?? 0) + 1
    },
    remove: (labels) => observed.delete(labels),
  }
}

function configure({ name, help, labels }: Row, registry: Registry) {
  return { name, help, labelNames: [...labels], registers: [registry] }
}

/** @throws {TypeError} */
function assertFinite(name: string, value: number): void {
  if (!Number.isFinite(value)) throw new TypeError(`${name} can't take ${value}`)
}
