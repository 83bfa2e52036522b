// `npm test`: types, formatting and lint first, then vitest, whose summary is the last thing on the screen.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const args = process.argv.slice(2)

const checks: readonly (readonly [string, readonly string[]])[] = [
  ['tsc', ['-p', 'tsconfig.json']],
  ['biome', ['check', '--error-on-warnings', '.']],
]

for (const [tool, toolArgs] of checks) {
  const result = spawnSync(tool, toolArgs, { cwd: root, encoding: 'utf8' })
  if (result.status === 0) continue
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}\n`)
  process.stderr.write(
    `\n${tool} found problems; \`npm run check\` shows them again, \`npm run format\` mends formatting.\n`,
  )
  process.exit(1)
}
process.stdout.write('types, formatting and lint are fine; running unit and integration tests\n')
const vitest = ['run', '--project', 'unit', '--project', 'integration', ...args]
const result = spawnSync('vitest', vitest, { cwd: root, stdio: 'inherit' })
process.exit(result.status ?? 1)
