import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** A source file of the repository. */
export interface Source {
  /** Path from the root, with slashes. */
  readonly path: string
  readonly text: string
  /** Module specifiers that it imports or re-exports, statically. */
  readonly imports: readonly string[]
  readonly isTest: boolean
}

/** Files that git tracks, or would. */
export function listFiles(pattern: RegExp): readonly string[] {
  const out = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  return [...new Set(out.split('\n'))].filter((path) => pattern.test(path))
}

/** Every TypeScript source, generated ones left out. */
export const sources: readonly Source[] = listFiles(/\.ts$/)
  .filter((path) => !path.includes('/generated/'))
  .map((path) => {
    const text = readFileSync(`${root}${path}`, 'utf8')
    const imports = [...text.matchAll(/^(?:import|export)\s(?:[^'"]*?from\s+)?'([^']+)'/gms)].map(
      (match) => match[1] ?? '',
    )
    const isTest = /\.(test|fixture)\.ts$|\/testing\/|\/conformance|^test\//.test(path)
    return { path, text, imports, isTest }
  })

/** The workspace package that a path belongs to: `libs/kafka`, `services/ingress`, `schemas`, `deploy`, `test`. */
export function packageOf(path: string): string {
  const [top = '', second = ''] = path.split('/')
  return top === 'libs' || top === 'services' ? `${top}/${second}` : top
}
