import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMetrics, type LogFields, type Logger, silentLogger } from '@murmuration/observability'
import { loadSchema } from '@murmuration/schemas'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RegistryUnauthorizedError, RegistryUnavailableError } from './avro-errors.ts'
import { createDecoder } from './decoder.ts'
import { createEncoder, subjectOf } from './encoder.ts'
import { createRegistry, type RegistryOptions } from './registry-client.ts'
import { type ConfluentRegistry, startConfluentRegistry } from './testing/confluent-registry.ts'
import { exampleOf } from './testing/examples.ts'

const WRITES = { records: ['message'], topicPrefix: '' } as const

let server: ConfluentRegistry
let snapshotDir: string
let nowMs: number

beforeEach(async () => {
  nowMs = 0
  snapshotDir = mkdtempSync(join(tmpdir(), 'registry-'))
  server = await startConfluentRegistry()
  server.subjects.register(subjectOf('message', ''), { schema: JSON.stringify(loadSchema('message')) })
})
afterEach(async () => {
  await server.close()
  rmSync(snapshotDir, { recursive: true, force: true })
})

/** A client as a process has it after its start. */
function start(options: Partial<RegistryOptions> = {}) {
  const metrics = createMetrics({ process: 'omit' })
  const lines: string[] = []
  const write = (message: string, fields?: LogFields) => lines.push(`${message} ${JSON.stringify(fields)}`)
  const logger: Logger = { ...silentLogger, info: write, warn: write, error: write }
  const clock = { nowMs: () => nowMs, delay: async () => undefined }
  const registry = createRegistry({ url: server.url, timeoutMs: 5_000, clock, logger, metrics, ...options })
  return { registry, lines, text: async () => (await metrics.expose()).text }
}

describe('createRegistry', () => {
  it('starts and decodes from the snapshot while the registry is gone, and counts that it does', async () => {
    const first = start({ snapshotDir })
    const value = (await createEncoder(first.registry, WRITES)).encode('message', exampleOf('message'))
    await createDecoder(first.registry).decode('message', value)

    server.answerAll('reset')
    const second = start({ snapshotDir })
    const encoder = await createEncoder(second.registry, WRITES)
    expect(encoder.encode('message', exampleOf('message'))).toEqual(value)
    expect(await createDecoder(second.registry).decode('message', value)).toMatchObject(exampleOf('message'))
    expect(await second.text()).toContain('murmuration_registry_lookups_total{result="snapshot"} 2')
    expect(second.lines.join()).toContain('the snapshot answered instead of the schema registry')
  })

  it('goes on from the snapshot when the registry no longer lets us in', async () => {
    await createEncoder(start({ snapshotDir }).registry, WRITES)
    server.answerAll({ status: 401, contentType: 'application/json', body: '{}' })
    await createEncoder(start({ snapshotDir }).registry, WRITES)
    await expect(createEncoder(start().registry, WRITES)).rejects.toThrow(RegistryUnauthorizedError)
  })

  it('does not start from the snapshot of another schema or another registry', async () => {
    await createEncoder(start({ snapshotDir }).registry, WRITES)
    server.answerAll('reset')
    const { registry } = start({ snapshotDir })
    await expect(createEncoder(registry, { records: ['erasure'], topicPrefix: '' })).rejects.toThrow(
      RegistryUnavailableError,
    )
    const other = start({ snapshotDir, url: `${server.url}/other` })
    await expect(createEncoder(other.registry, WRITES)).rejects.toThrow(RegistryUnavailableError)
  })

  it('stops asking after five failures, shows it, and asks again after two seconds', async () => {
    const { registry, text, lines } = start()
    server.answerAll('reset')
    for (let time = 0; time < 10; time += 1) await expect(registry.schemaById(1)).rejects.toThrow()
    expect(server.requests).toHaveLength(5)
    expect(await text()).toContain('murmuration_registry_circuit_open 1')
    expect(await text()).toContain('murmuration_registry_lookups_total{result="MUR_REGISTRY_UNAVAILABLE"} 5')
    expect(lines.filter((line) => line.startsWith('the schema registry does not answer'))).toHaveLength(1)

    server.answerAll(undefined)
    nowMs = 2_000
    expect(await registry.schemaById(1)).toBeDefined()
    expect(await text()).toContain('murmuration_registry_circuit_open 0')
  })

  it('says in the log what to do when the registry does not let us in, and never the secret', async () => {
    const token = { reveal: () => 'hunter2' }
    const { registry, lines } = start({ auth: { kind: 'bearer', token } })
    server.answerAll({ status: 401, contentType: 'text/html', body: 'hunter2' })
    for (let time = 0; time < 5; time += 1) await expect(registry.schemaById(1)).rejects.toThrow()
    expect(lines.join()).toContain('MUR_REGISTRY_UNAUTHORIZED')
    expect(lines.join()).toContain('SCHEMA_REGISTRY_TOKEN')
    expect(lines.join()).not.toContain('hunter2')
  })
})
