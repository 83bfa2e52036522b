// Logs and exits while every thread of Node's pool is busy, for the test of the logger.
import { pbkdf2 } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { createLogger } from '../logger.ts'

for (let thread = 0; thread < 8; thread += 1) pbkdf2('a', 'b', 100_000, 64, 'sha512', () => undefined)
const logger = createLogger({ service: 'fixture', level: 'info' })
for (let line = 1; line <= 10; line += 1) {
  logger.info('line', { line })
  await setImmediate()
}
process.exit(0)
