import { createMetrics } from '@murmuration/observability'
import { afterEach, describe, expect, it } from 'vitest'
import { type AdminServer, startAdminServer } from './admin-server.ts'
import type { HealthCheck } from './health.ts'

let server: AdminServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

async function start(checks: Record<string, HealthCheck> = {}): Promise<AdminServer> {
  const metrics = createMetrics({ process: 'omit' })
  metrics.count('murmuration_media_bytes_total', {}, 5)
  server = await startAdminServer({ host: '127.0.0.1', port: 0, metrics })
  server.started(checks)
  return server
}

async function get(path: string) {
  const response = await fetch(`${server?.url}${path}`)
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}

describe('the admin server', () => {
  it('listens on the address that it is given, with a port of its own choice for 0', async () => {
    expect((await start()).url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/)
  })

  it('gives the metrics as Prometheus reads them', async () => {
    await start()
    const answer = await get('/metrics')
    expect(answer.status).toBe(200)
    expect(answer.type).toContain('text/plain')
    expect(answer.text).toContain('murmuration_media_bytes_total 5')
  })

  it('is live and not ready before the service has started', async () => {
    server = await startAdminServer({ host: '127.0.0.1', port: 0, metrics: createMetrics({ process: 'omit' }) })
    expect(await get('/health/live')).toMatchObject({ status: 200 })
    const ready = await get('/health/ready')
    expect(ready.status).toBe(503)
    expect(JSON.parse(ready.text)).toMatchObject({ checks: { start: 'is starting; its log says what it waits for' } })
    server.started({ kafka: () => undefined })
    expect(await get('/health/ready')).toMatchObject({ status: 200 })
  })

  it('is live even when it is not ready: a restart would not bring Kafka back', async () => {
    await start({ kafka: () => 'away' })
    expect(await get('/health/live')).toMatchObject({ status: 200 })
    const ready = await get('/health/ready')
    expect(ready.status).toBe(503)
    expect(JSON.parse(ready.text)).toEqual({ status: 'not-ready', checks: { kafka: 'away' } })
  })

  it('asks the parts anew at each probe', async () => {
    let problem: string | undefined = 'joining'
    await start({ source: () => problem })
    expect(await get('/health/ready')).toMatchObject({ status: 503 })
    problem = undefined
    expect(await get('/health/ready')).toMatchObject({ status: 200 })
  })

  it('answers 503 once it drains, stays live, and still gives metrics', async () => {
    const { drain } = await start({ kafka: () => undefined })
    drain()
    const ready = await get('/health/ready')
    expect(ready.status).toBe(503)
    expect(JSON.parse(ready.text)).toMatchObject({ checks: { kafka: 'ok', shutdown: 'is shutting down' } })
    expect(await get('/health/live')).toMatchObject({ status: 200 })
    expect(await get('/metrics')).toMatchObject({ status: 200 })
  })

  it('knows no other path', async () => {
    await start()
    expect(await get('/')).toMatchObject({ status: 404 })
  })

  it('closes although a client keeps its connection open', async () => {
    const admin = await start()
    await get('/health/live')
    await admin.close()
    await expect(fetch(`${admin.url}/health/live`)).rejects.toThrow()
    server = undefined
  })
})
