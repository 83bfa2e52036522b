import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Call } from './consumer-calls.ts'
import { keyAt, type Scenario } from './consumer-scenario.ts'
import { createTimerSleep } from './consumer-sleep.ts'

/** A server that answers after a while, and remembers who came. */
export interface ConsumerSink {
  readonly url: string
  /** Forgets what it has seen; from now on records of this scenario come. */
  begin(scenario: Scenario): void
  /** Every request since, and how many named a key that their record does not have. */
  seen(): { readonly calls: readonly Call[]; readonly wrongKeys: number }
  close(): void
}

/** Longer than any pause of a run: a connection that the server closes costs a client a failed request. */
const KEEP_ALIVE_MS = 10 * 60_000

/** Starts the sink of `POST /<key>/<offset>`: 200 after 2.5 ms on the average. */
export async function startSink(): Promise<ConsumerSink> {
  let scenario: Pick<Scenario, 'keys'> = { keys: 1 }
  let calls: Call[] = []
  let wrongKeys = 0
  let sleep = createTimerSleep()
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, response) => {
    const startMs = performance.now()
    incoming.resume()
    const [, key = '', text] = (incoming.url ?? '').split('/')
    const offset = Number(text)
    if (key !== keyAt(offset, scenario)) wrongKeys += 1
    void sleep(key).then(() => {
      calls.push({ offset, startMs, endMs: performance.now(), ok: true })
      response.writeHead(200, { 'content-length': 0 })
      response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    begin(next) {
      scenario = next
      calls = []
      wrongKeys = 0
      sleep = createTimerSleep()
    },
    seen: () => ({ calls, wrongKeys }),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
