// `npm run faults -- [--seed N]`: injects faults into the real pipeline. A seed repeats a run.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { seed: { type: 'string' }, help: { type: 'boolean', short: 'h' } } })
if (values.help === true) {
  process.stdout.write(
    'npm run faults -- [--seed N]\n\nInjects faults into the real pipeline; the same seed repeats a run.\n',
  )
  process.exit(0)
}
const seed = values.seed ?? String(Math.floor(Math.random() * 1_000_000))
if (!/^\d{1,9}$/.test(seed)) {
  process.stderr.write(`--seed wants a whole number, not ${seed}\n`)
  process.exit(2)
}
process.stdout.write(`fault suite, seed ${seed}; repeat it with: npm run faults -- --seed ${seed}\n`)
const result = spawnSync('vitest', ['run', '--project', 'fault'], {
  cwd: fileURLToPath(new URL('../../', import.meta.url)),
  stdio: 'inherit',
  env: { ...process.env, FAULT_SEED: seed },
})
process.exit(result.status ?? 1)
