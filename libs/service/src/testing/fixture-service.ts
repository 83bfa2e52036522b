// A service for the tests of runService; `node fixture-service.ts BEHAVIOUR`.
import { setTimeout as sleep } from 'node:timers/promises'
import { integer, secret, text } from '@murmuration/config'
import { type RunningService, runService } from '../index.ts'

const behaviour = process.argv[2]
// Keeps the process alive as sockets would.
const keepAlive = setInterval(() => undefined, 60_000)

function run(): RunningService {
  const failed = Promise.withResolvers<void>()
  if (behaviour === 'fails') void sleep(10).then(() => failed.reject(new Error('lost +570000000000')))
  return {
    checks: { fixture: () => undefined },
    failed: failed.promise,
    close: async () => {
      if (behaviour === 'hangs-in-close') await new Promise(() => undefined)
      if (behaviour === 'fails-in-close') throw new Error('no way out')
      process.stdout.write('closed\n')
      clearInterval(keepAlive)
    },
  }
}

await runService(
  {
    name: 'fixture',
    settings: {
      GREETING: { doc: 'What it says.', schema: text() },
      COUNT: { doc: 'How often.', schema: integer({ min: 1, max: 9 }) },
      TOKEN: { doc: 'A token.', schema: secret() },
    },
    async start({ logger, config, clientId }) {
      if (behaviour === 'fails-in-start') throw new Error('no way in')
      logger.info('greeting', { clientId, greeting: config.GREETING, token: String(config.TOKEN) })
      if (behaviour === 'hangs-in-start') await new Promise(() => undefined)
      return run()
    },
  },
  process.env,
)
