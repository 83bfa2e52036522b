import type { Source } from './sources.ts'

/** The sources that are in force; swapped as a whole. */
export interface SourceTable {
  /** The source that is served at a path. */
  find(path: string): Source | undefined
  list(): readonly Source[]
  /** Takes effect for the next request; those under way keep the source that they began with. */
  replace(sources: readonly Source[]): void
}

export function createSourceTable(initial: readonly Source[]): SourceTable {
  let sources = initial
  let byPath = new Map(initial.map((source) => [source.path, source]))
  return {
    find: (path) => byPath.get(path),
    list: () => sources,
    replace(next) {
      sources = next
      byPath = new Map(next.map((source) => [source.path, source]))
    },
  }
}
