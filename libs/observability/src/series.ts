/** What a metric's series are told apart by. */
export type Labels = Readonly<Record<string, string>>

/**
 * The series of one metric, each found by its label values.
 *
 * Several metrics are counted for every record, and prom-client joins, hashes and checks the labels at each count; here
 * the series of the count before is tried first, by comparing strings that mostly are the same ones.
 */
export class SeriesMap<T> {
  private readonly names: readonly string[]
  private readonly create: () => T
  private readonly byValues = new Map<string, Series<T>>()
  private last: Series<T> | undefined

  /** @param create what a new series begins with */
  constructor(names: readonly string[], create: () => T) {
    this.names = names
    this.create = create
  }

  /** The series of these labels, made if there is none yet. */
  at(labels: Labels): T {
    if (this.last !== undefined && this.isOf(this.last, labels)) return this.last.kept
    const key = this.keyOf(labels)
    let series = this.byValues.get(key)
    if (series === undefined) {
      series = { labels: { ...labels }, kept: this.create() }
      this.byValues.set(key, series)
    }
    this.last = series
    return series.kept
  }

  delete(labels: Labels): void {
    this.byValues.delete(this.keyOf(labels))
    this.last = undefined
  }

  /** All of them, in the order in which they came. */
  all(): readonly Series<T>[] {
    return [...this.byValues.values()]
  }

  private isOf(series: Series<T>, labels: Labels): boolean {
    for (const name of this.names) if (series.labels[name] !== labels[name]) return false
    return true
  }

  /** Lengths stand before the values, so that no two sets of values make one key. */
  private keyOf(labels: Labels): string {
    let key = ''
    for (const name of this.names) {
      const value = labels[name] ?? ''
      key += `${value.length}:${value}`
    }
    return key
  }
}

/** One series of a metric, with what is kept of it. */
interface Series<T> {
  readonly labels: Labels
  readonly kept: T
}
