import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { spawnChild } from './child.ts'
import { freePort } from './free-port.ts'
import { type JvmOptions, toGraceMs, toJvmFlags } from './jvm.ts'
import { type Env, toChildEnv } from './on-path.ts'
import { type OnExit, type Part, startPart, withProperties } from './part.ts'

export interface RegistryPart extends Part {
  /** Ends in `/apis/ccompat/v7`: what clients of a Confluent registry take as its host. The same after a restart. */
  readonly url: string
}

export interface RegistryOptions extends JvmOptions {
  /** The unpacked Apicurio Registry. */
  readonly programDir: string
  /** Its own folder. Schema ids stand in Kafka's records: delete it together with Kafka's folder, never alone. */
  readonly dataDir: string
  readonly logDir: string
  readonly env: Env
  readonly onExit?: OnExit | undefined
  readonly signal?: AbortSignal | undefined
}

export const REGISTRY_JAR = 'apicurio-registry-app-3.0.9-runner.jar'

const HEAP_MEGABYTES = 128

/**
 * The rule for every subject: producers move first and readers lag, so each version must read all earlier ones and be
 * read by them.
 */
const COMPATIBILITY = 'FULL_TRANSITIVE'

/**
 * Starts the schema registry on a free port of 127.0.0.1, and sets its global compatibility rule where it is another.
 *
 * @throws {LocalError} it ended, or was not ready in 60 s
 */
export async function startRegistry(options: RegistryOptions): Promise<RegistryPart> {
  await mkdir(options.dataDir, { recursive: true })
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  const url = `${base}/apis/ccompat/v7`
  const args = [
    ...toJvmFlags({ ...options, heapMegabytes: HEAP_MEGABYTES }),
    '-Dquarkus.http.host=127.0.0.1',
    `-Dquarkus.http.port=${port}`,
    '-Dquarkus.http.access-log.enabled=false',
    '-Dquarkus.banner.enabled=false',
    '-Dquarkus.log.level=WARN',
    // Without WRITE_DELAY=0 a SIGKILL within half a second of a write loses it, and its id is given out again.
    '-Dapicurio.datasource.url=jdbc:h2:file:./registry;WRITE_DELAY=0',
    '-jar',
    join(options.programDir, REGISTRY_JAR),
  ]
  const part = await startPart({
    name: 'registry',
    launch: () =>
      spawnChild({
        name: 'registry',
        command: options.java.command,
        args,
        // Quarkus reads `.env` and `config/` of its working folder.
        cwd: options.dataDir,
        env: toChildEnv(options.env),
        logFile: join(options.logDir, 'registry.log'),
      }),
    probe: async (signal) => {
      await expectOk(fetch(`${base}/health/ready`, { signal }))
      await ensureCompatibility(url, signal)
    },
    graceMs: toGraceMs(options),
    onExit: options.onExit,
    signal: options.signal,
  })
  return withProperties(part, { url })
}

/** Part of being ready: until the rule stands, an incompatible schema would be accepted. */
async function ensureCompatibility(url: string, signal: AbortSignal): Promise<void> {
  const current: unknown = await (await expectOk(fetch(`${url}/config`, { signal }))).json()
  if (JSON.stringify(current).includes(`"${COMPATIBILITY}"`)) return
  await expectOk(
    fetch(`${url}/config`, {
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ compatibility: COMPATIBILITY }),
      signal,
    }),
  )
}

async function expectOk(pending: Promise<Response>): Promise<Response> {
  const response = await pending
  if (response.ok) return response
  throw new Error(`HTTP ${response.status}: ${(await response.text()).slice(0, 200)}`)
}
