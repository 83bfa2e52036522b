import { renameSync, rmSync, writeFileSync } from 'node:fs'

/** What `.murmuration/run.json` tells other commands while everything runs. */
export interface RunFile {
  readonly ingress: { readonly url: string }
  readonly kafka: { readonly brokers: string }
  readonly registry: { readonly url: string }
  readonly database: { readonly url: string }
  readonly sources: readonly {
    readonly name: string
    readonly scheme: string
    /** `ingress.url` + `path` is where to post. */
    readonly path: string
    /** The URL that is signed; not where the ingress listens. */
    readonly publicUrl: string
    readonly signingKey: string
  }[]
  /** By service or consumer group; `url` is the admin port. */
  readonly services: Readonly<Record<string, { readonly url: string; readonly pid: number }>>
}

/** Writes the file whole, by rename, for its owner only: it holds a signing key. */
export function writeRunFile(file: string, content: RunFile): void {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, file)
}

/** Removes the file; it is not an error when there is none. */
export function removeRunFile(file: string): void {
  rmSync(file, { force: true })
}
