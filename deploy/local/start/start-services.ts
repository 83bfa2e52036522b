import { join } from 'node:path'
import { spawnChild } from '../src/child.ts'
import { freePort } from '../src/free-port.ts'
import { toChildEnv } from '../src/on-path.ts'
import { type OnExit, type Part, startPart } from '../src/part.ts'
import type { ServiceSpec } from './service-specs.ts'

/** A service that runs. */
export interface ServicePart extends Part {
  /** Its admin port, http://127.0.0.1:port. */
  readonly adminUrl: string
}

/** How services are started. */
export interface StartServicesOptions {
  readonly logDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onExit: OnExit
  readonly signal: AbortSignal
}

/**
 * Starts services side by side, each a process of its own, and waits until each says that it is ready.
 *
 * @throws {LocalError} one ended or was not ready in time; the others are stopped
 */
export async function startServices(
  specs: readonly ServiceSpec[],
  options: StartServicesOptions,
): Promise<readonly ServicePart[]> {
  const started = await Promise.allSettled(specs.map((spec) => startService(spec, options)))
  const parts = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failure = started.find((result) => result.status === 'rejected')
  if (failure === undefined) return parts
  await Promise.all(parts.map((part) => part.close()))
  throw failure.reason
}

async function startService(spec: ServiceSpec, options: StartServicesOptions): Promise<ServicePart> {
  const port = await freePort()
  const adminUrl = `http://127.0.0.1:${port}`
  const part = await startPart({
    name: spec.name,
    launch: () =>
      spawnChild({
        name: spec.name,
        command: process.execPath,
        args: [...(spec.flags ?? []), spec.script],
        env: { ...toChildEnv(options.env), ...spec.env, ADMIN_PORT: String(port) },
        logFile: join(options.logDir, `${spec.name}.log`),
      }),
    probe: (signal) => probeReady(adminUrl, signal),
    graceMs: 20_000,
    onExit: options.onExit,
    signal: options.signal,
  })
  return Object.defineProperties({ adminUrl } as ServicePart, Object.getOwnPropertyDescriptors(part))
}

async function probeReady(adminUrl: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(`${adminUrl}/health/ready`, { signal })
  if (!response.ok) throw new Error(`not ready: ${await response.text()}`)
  await response.body?.cancel()
}
