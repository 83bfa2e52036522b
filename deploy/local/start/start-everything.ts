import { type HostedMedia, startBirdMediaHost } from '@murmuration/testkit'
import { createConversation, type SampleStep } from '../sample/conversation.ts'
import { loadSampleMedia } from '../sample/media.ts'
import { createSampleIds } from '../sample/sample-ids.ts'
import { freePort, type OnProgress, type Part, prepareStack, startPrepared } from '../src/index.ts'
import { runDeploySteps } from './deploy-steps.ts'
import { loadLocalSecrets } from './local-secrets.ts'
import { type RunFile, removeRunFile, writeRunFile } from './run-file.ts'
import { sampleSource, toServiceSpecs } from './service-specs.ts'
import { type ServicePart, startServices } from './start-services.ts'
import { createSupervisor } from './supervise.ts'

/** Everything that `npm start` has started. */
export interface Everything {
  readonly run: RunFile
  /** A conversation with new ids, whose media the stand-in for Bird's media host serves from now on. */
  newConversation(): readonly SampleStep[]
  /** From the start of the servers, downloads excluded, to everything ready, ms. */
  readonly readyMs: number
  /** Rejects when a part can't be kept up. */
  readonly gaveUp: Promise<never>
  /** Every process that was started, by its name in run.json; `kafka`, `registry` and `database` too. */
  readonly parts: ReadonlyMap<string, Part>
}

/** How everything is started. */
export interface StartEverythingOptions {
  /** `.murmuration/` of this checkout: what was downloaded. */
  readonly home: string
  /** Records, tables, secrets, media and the audit trail. */
  readonly dataDir: string
  readonly logDir: string
  /** Where run.json is written. */
  readonly runFile: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly onProgress: OnProgress
  readonly note: (text: string) => void
  /** What has to be undone at the end, in reverse order. */
  readonly cleanup: AsyncDisposableStack
}

/**
 * Starts the servers, runs the deploy steps, starts the services, and writes run.json when all is ready.
 *
 * What it started is on `cleanup` at every moment, whether it returns or throws.
 * @throws {LocalError} something did not start; says what, why, and where its log lies
 */
export async function startEverything(options: StartEverythingOptions): Promise<Everything> {
  const { cleanup, dataDir, env, home, logDir, note, runFile, signal } = options
  const running = new Map<string, Part>()
  const supervisor = createSupervisor({ note, restarted: () => writeRunFile(runFile, toRun()) })
  signal.addEventListener('abort', supervisor.stop)
  const onExit = (name: string, exit: Parameters<typeof supervisor.crashed>[1]): void => {
    const part = running.get(name)
    if (part !== undefined) supervisor.crashed(part, exit)
  }

  const external = {
    kafkaBrokers: env.KAFKA_BROKERS,
    registryUrl: env.SCHEMA_REGISTRY_URL,
    databaseUrl: env.DATABASE_URL,
  }
  const stackOptions = { home, dataDir, logDir, env, external, onExit, onProgress: options.onProgress, signal }
  const prepared = await prepareStack(stackOptions)
  const startedAt = performance.now()
  const stack = await startPrepared(prepared, stackOptions)
  cleanup.defer(() => stack.stop())
  for (const { part } of [stack.kafka, stack.registry, stack.database]) if (part) running.set(part.name, part)

  const secrets = loadLocalSecrets(dataDir)
  const hosted: Record<string, HostedMedia> = {}
  const media = await startBirdMediaHost({ accessKey: secrets.birdAccessKey, media: hosted, now: Date.now })
  cleanup.defer(() => media.close())

  const urls = { brokers: stack.kafka.brokers, registryUrl: stack.registry.url, databaseUrl: stack.database.url }
  options.onProgress({ kind: 'step', text: 'Migrating the database, creating topics, registering schemas' })
  await runDeploySteps({ ...urls, logDir, env, signal })

  options.onProgress({ kind: 'step', text: 'Starting the services' })
  const publicPort = await freePort()
  const mediaHosts = [media.url, media.storageUrl].map((url) => new URL(url).host)
  const specs = toServiceSpecs({ ...urls, secrets, dataDir, publicPort, mediaHosts, env })
  const services = await startServices(specs, { logDir, env, signal, onExit })
  cleanup.defer(() => stopServices(services))
  for (const service of services) running.set(service.name, service)

  const toRun = (): RunFile => toRunFile({ urls, publicPort, services, signingKey: secrets.signingKey })
  // Last on, first off: from here on nothing is brought back, and nobody is told of addresses that go away.
  cleanup.defer(() => {
    supervisor.stop()
    removeRunFile(runFile)
  })
  writeRunFile(runFile, toRun())
  return {
    run: toRun(),
    readyMs: Math.round(performance.now() - startedAt),
    gaveUp: supervisor.gaveUp,
    parts: running,
    newConversation: () => {
      const ids = createSampleIds(secrets.workspaceId)
      Object.assign(hosted, loadSampleMedia(ids))
      return createConversation(ids, { mediaHost: media.url, nowMs: Date.now() })
    },
  }
}

/** The ingress first, so that nothing new comes in while the consumers finish. */
async function stopServices(services: readonly ServicePart[]): Promise<void> {
  const isIngress = (service: ServicePart): boolean => service.name === 'ingress'
  await Promise.all(services.filter(isIngress).map((service) => service.close()))
  await Promise.all(services.filter((service) => !isIngress(service)).map((service) => service.close()))
}

function toRunFile(input: {
  readonly urls: { readonly brokers: string; readonly registryUrl: string; readonly databaseUrl: string }
  readonly publicPort: number
  readonly services: readonly ServicePart[]
  readonly signingKey: string
}): RunFile {
  const { urls, services, signingKey } = input
  return {
    ingress: { url: `http://127.0.0.1:${input.publicPort}` },
    kafka: { brokers: urls.brokers },
    registry: { url: urls.registryUrl },
    database: { url: urls.databaseUrl },
    sources: [{ ...sampleSource, signingKey }],
    services: Object.fromEntries(services.map(({ name, adminUrl, pid }) => [name, { url: adminUrl, pid: pid ?? 0 }])),
  }
}
