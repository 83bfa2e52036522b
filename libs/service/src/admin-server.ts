import type { Metrics } from '@murmuration/observability'
import fastify from 'fastify'
import { checkReadiness, type HealthCheck } from './health.ts'

/** The admin port of a service. */
export interface AdminServer {
  /** http://host:port */
  readonly url: string
  /** The service has started: from now on its own checks say whether it is ready. Until then it is not. */
  started(checks: Readonly<Record<string, HealthCheck>>): void
  /** Answers not-ready from now on, so that traffic goes elsewhere while the service finishes. */
  drain(): void
  close(): Promise<void>
}

/** Starts the admin port: `/metrics`, `/health/live`, `/health/ready`. Apart from the public one, on loopback. */
export async function startAdminServer(options: {
  readonly host: string
  readonly port: number
  readonly metrics: Metrics
}): Promise<AdminServer> {
  const server = fastify({ logger: false, forceCloseConnections: true })
  let checks: Readonly<Record<string, HealthCheck>> = { start: () => 'is starting; its log says what it waits for' }
  let draining = false
  server.get('/metrics', async (_, reply) => {
    const exposed = await options.metrics.expose()
    return reply.type(exposed.contentType).send(exposed.text)
  })
  server.get('/health/live', async () => ({ status: 'live' }))
  server.get('/health/ready', async (_, reply) => {
    const shutdown = draining ? { shutdown: () => 'is shutting down' } : {}
    const readiness = await checkReadiness({ ...checks, ...shutdown })
    return reply.code(readiness.status === 'ready' ? 200 : 503).send(readiness)
  })
  const url = await server.listen({ host: options.host, port: options.port })
  return {
    url,
    started: (own) => {
      checks = own
    },
    drain: () => {
      draining = true
    },
    close: () => server.close(),
  }
}
