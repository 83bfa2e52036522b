import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { LocalError } from './local-error.ts'

/** Below the range that systems take for outgoing connections (Linux: from 32768), so that none takes it meanwhile. */
const LOWEST = 20_000
const HIGHEST = 32_000

/** Ports that this process has given out: two callers never get the same one. */
const given = new Set<number>()

/**
 * A TCP port on 127.0.0.1 that nobody listens on now.
 *
 * @throws {LocalError} nothing can listen on 127.0.0.1, or a hundred tries were all taken
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(LOWEST, HIGHEST)
    if (given.has(port) || !(await canListen(port))) continue
    given.add(port)
    return port
  }
  throw new LocalError(
    `No free port was found on 127.0.0.1 between ${LOWEST} and ${HIGHEST}. ` +
      'Is the loopback interface up (`ip link set lo up`)?',
  )
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)))
  })
}
