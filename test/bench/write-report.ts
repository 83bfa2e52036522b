import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Writes a report to a file below the root of the repository; makes its folder, so that no race is run for nothing. */
export function writeReport(root: string, out: string, report: string): void {
  const file = resolve(root, out)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, report)
}
