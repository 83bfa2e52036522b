import fastify, { type FastifyInstance } from 'fastify'
import type { ReceiveDeps } from './receive-webhook.ts'
import type { Source } from './sources.ts'
import { createWebhookRoute } from './webhook-route.ts'

/** Creates the public server: one POST route per source, nothing else. Call `listen` on it. */
export function createPublicServer(
  sources: readonly Source[],
  options: ReceiveDeps & { readonly maxBodyBytes: number },
): FastifyInstance {
  const server = fastify({
    logger: false,
    bodyLimit: options.maxBodyBytes,
    // A webhook is a few kilobytes: whoever needs longer to send one holds a connection on purpose.
    requestTimeout: 10_000,
    connectionTimeout: 60_000,
    // Longer than the usual 60 s of load balancers, so that it is they who close idle connections.
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
  })
  // The signature covers the bytes, so no parser may touch them, whatever the content type says.
  // A content type that is no media type would be answered 415, so the framework doesn't get to see any; readWebhook
  // takes the header from the raw ones.
  server.addHook('onRequest', async (request) => {
    delete request.raw.headers['content-type']
  })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
  server.setErrorHandler((error, _, reply) => {
    const status = statusOf(error)
    if (status === 413) {
      options.metrics.count('murmuration_ingress_webhooks_total', { source: 'unknown', result: 'too-large' })
    }
    return reply.code(status).send({ error: status === 413 ? 'the webhook is too large' : 'bad request' })
  })
  for (const source of sources) server.post(source.path, createWebhookRoute(source, options))
  return server
}

function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 400
}
