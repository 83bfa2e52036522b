import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { createCountingMetrics, createMemoryLogger } from './ingress.fixture.ts'
import { readSources, type Source } from './sources.ts'
import { watchSources } from './watch-sources.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'watch-'))
  writeFileSync(join(dir, 'key'), 'the first secret')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const uses = (key: string) => `murmuration_ingress_signature_key_uses_total{source="sales",key_id="${key}"}`
const lastUse = (key: string) =>
  `murmuration_ingress_signature_key_last_use_timestamp_seconds{source="sales",key_id="${key}"}`

function write(...keyIds: readonly string[]): void {
  const signingKeys = keyIds.map((id, at) => ({ id, file: join(dir, at === 0 ? 'key' : `key-${id}`) }))
  for (const id of keyIds.slice(1)) writeFileSync(join(dir, `key-${id}`), `the secret of ${id}`)
  const entry = { name: 'sales', scheme: 'bird-crm', workspaceId: 'ws', path: '/sales', signingKeys }
  writeFileSync(join(dir, 'sources.yaml'), stringify({ sources: [{ ...entry, publicUrl: 'https://a.example/sales' }] }))
}

function watch() {
  const file = join(dir, 'sources.yaml')
  const changes: (readonly Source[])[] = []
  const logger = createMemoryLogger()
  const metrics = createCountingMetrics()
  const loaded = readSources(file, {})
  const watched = watchSources({ file, env: {}, loaded, onSources: (next) => changes.push(next), logger, metrics })
  const secrets = () => changes.at(-1)?.flatMap(({ signingKeys }) => signingKeys.map(({ secret }) => secret))
  const exposes = async (series: string) => (await metrics.expose()).text.includes(`${series} `)
  return { check: watched.check, changes, secrets, logger, metrics, exposes }
}

describe('watchSources', () => {
  it('does nothing while nothing changes', () => {
    write('k1')
    const { check, changes, logger } = watch()
    for (const _ of [1, 2, 3]) check()
    expect([changes, logger.lines]).toEqual([[], []])
  })

  it('takes a key that was added, and says which, without its secret', () => {
    write('k1')
    const { check, changes, logger, secrets } = watch()
    write('k1', 'k2')
    check()
    check()
    expect(changes).toHaveLength(1)
    expect(secrets()).toEqual(['the first secret', 'the secret of k2'])
    expect(logger.lines).toHaveLength(1)
    expect(logger.lines[0]).toContain('"keysAdded":["sales/k2"]')
    expect(logger.lines[0]).not.toContain('secret of')
  })

  it('takes a secret that changed in its file, also one that a later change named', () => {
    write('k1')
    const { check, secrets } = watch()
    write('k1', 'k2')
    check()
    writeFileSync(join(dir, 'key-k2'), 'a rotated secret')
    check()
    expect(secrets()).toEqual(['the first secret', 'a rotated secret'])
  })

  it('takes a secret that changed by a link further up, as Kubernetes mounts it', () => {
    const [old, next] = [join(dir, 'old'), join(dir, 'next')]
    writeFileSync(old, 'the old secret')
    writeFileSync(next, 'the next secret')
    unlinkSync(join(dir, 'key'))
    symlinkSync(old, join(dir, 'key'))
    write('k1')
    const { check, secrets } = watch()
    symlinkSync(next, join(dir, 'key.tmp'))
    renameSync(join(dir, 'key.tmp'), join(dir, 'key'))
    check()
    expect(secrets()).toEqual(['the next secret'])
  })

  it.each([
    ['is no YAML', () => writeFileSync(join(dir, 'sources.yaml'), 'sources: [')],
    ['is empty', () => writeFileSync(join(dir, 'sources.yaml'), '')],
    ['is gone', () => unlinkSync(join(dir, 'sources.yaml'))],
    ['names a key that is gone', () => unlinkSync(join(dir, 'key'))],
  ])('keeps the old sources when the file %s, alarms until it is mended, and says it once', async (_, spoil) => {
    write('k1')
    const { check, changes, logger, metrics } = watch()
    const stale = () => metrics.value('murmuration_ingress_sources_stale')
    expect(await stale()).toBe(0)
    spoil()
    for (const _ of [1, 2, 3]) check()
    expect(changes).toEqual([])
    expect(await stale()).toBe(1)
    expect(logger.lines).toHaveLength(1)
    expect(await metrics.value('murmuration_ingress_sources_reloads_total{result="refused"}')).toBe(1)
    writeFileSync(join(dir, 'key'), 'the first secret')
    write('k1')
    check()
    expect(changes).toHaveLength(1)
    expect(await stale()).toBe(0)
  })

  it('shows every key from the start, at 0, and none that is no longer there', async () => {
    write('k1', 'k2')
    const { check, metrics, exposes } = watch()
    metrics.count('murmuration_ingress_signature_key_uses_total', { source: 'sales', key_id: 'k1' }, 5)
    expect(await exposes(uses('k2'))).toBe(true)
    expect(await metrics.value(lastUse('k2'))).toBe(0)
    write('k1')
    check()
    expect([await exposes(uses('k2')), await exposes(lastUse('k2'))]).toEqual([false, false])
    expect(await metrics.value(uses('k1'))).toBe(5)
  })
})
