import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
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

/** `settle` looks twice: what does not change in between is settled. */
function watch(loaded = readSources(join(dir, 'sources.yaml'), {})) {
  const file = join(dir, 'sources.yaml')
  const changes: (readonly Source[])[] = []
  const logger = createMemoryLogger()
  const metrics = createCountingMetrics()
  const watched = watchSources({ file, env: {}, loaded, onSources: (next) => changes.push(next), logger, metrics })
  const secrets = () => changes.at(-1)?.flatMap(({ signingKeys }) => signingKeys.map(({ secret }) => secret))
  const exposes = async (series: string) => (await metrics.expose()).text.includes(`${series} `)
  const settle = () => {
    watched.check()
    watched.check()
  }
  return { ...watched, settle, changes, secrets, logger, metrics, exposes }
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
    const { settle, changes, logger, secrets } = watch()
    write('k1', 'k2')
    settle()
    settle()
    expect(changes).toHaveLength(1)
    expect(secrets()).toEqual(['the first secret', 'the secret of k2'])
    expect(logger.lines).toHaveLength(1)
    expect(logger.lines[0]).toContain('"keysAdded":["sales/k2"]')
    expect(logger.lines[0]).not.toContain('secret of')
  })

  it('warns of keys that can be guessed, at start and when they change, and says nothing of what they are', () => {
    writeFileSync(join(dir, 'key'), 'fifteen letters')
    write('k1', 'k2')
    const { settle, logger } = watch()
    writeFileSync(join(dir, 'key-k2'), 'short')
    settle()
    const warned = logger.lines.filter((line) => line.includes('guessed'))
    expect(warned).toHaveLength(2)
    expect(warned[0]).toContain('"keys":["sales/k1"]')
    expect(warned[1]).toContain('"keys":["sales/k1","sales/k2"]')
    expect(logger.lines.join('')).not.toMatch(/fifteen|"short"/)
  })

  it('warns of keys with something around them that seldom belongs to a key', () => {
    writeFileSync(join(dir, 'key'), '\ufeffa long enough secret of a key')
    write('k1', 'k2', 'k3')
    writeFileSync(join(dir, 'key-k2'), 'a secret that is long enough \n')
    const { logger } = watch()
    expect(logger.lines).toHaveLength(1)
    expect(logger.lines[0]).toContain('"keys":["sales/k1","sales/k2"]')
  })

  it('names a source of which something else than a key has changed', () => {
    write('k1')
    const { settle, logger } = watch()
    const file = join(dir, 'sources.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replace('a.example', 'b.example'))
    settle()
    expect(logger.lines[0]).toContain('"sourcesChanged":["sales"]')
  })

  it('takes a secret that changed in its file, also one that a later change named', () => {
    write('k1')
    const { settle, secrets, logger } = watch()
    write('k1', 'k2')
    settle()
    writeFileSync(join(dir, 'key-k2'), 'a rotated secret')
    settle()
    expect(secrets()).toEqual(['the first secret', 'a rotated secret'])
    expect(logger.lines[1]).toContain('"keysChanged":["sales/k2"]')
    expect(logger.lines.join('')).not.toContain('secret of')
  })

  it('takes a secret that changed by a link further up, as Kubernetes mounts it', () => {
    const [old, next] = [join(dir, 'old'), join(dir, 'next')]
    writeFileSync(old, 'the old secret')
    writeFileSync(next, 'the next secret')
    unlinkSync(join(dir, 'key'))
    symlinkSync(old, join(dir, 'key'))
    write('k1')
    const { settle, secrets } = watch()
    symlinkSync(next, join(dir, 'key.tmp'))
    renameSync(join(dir, 'key.tmp'), join(dir, 'key'))
    settle()
    expect(secrets()).toEqual(['the next secret'])
  })

  it.each([
    ['is no YAML', () => writeFileSync(join(dir, 'sources.yaml'), 'sources: [')],
    ['is empty', () => writeFileSync(join(dir, 'sources.yaml'), '')],
    ['is gone', () => unlinkSync(join(dir, 'sources.yaml'))],
    ['names a key that is gone', () => unlinkSync(join(dir, 'key'))],
  ])('keeps the old sources when the file %s, alarms until it is mended, and says it once', async (_, spoil) => {
    write('k1')
    const { check, settle, changes, logger, metrics } = watch()
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
    settle()
    expect(changes).toHaveLength(1)
    expect(await stale()).toBe(0)
  })

  it('takes a change that named a key file before that was there, as soon as it is', async () => {
    write('k1')
    const { settle, secrets, metrics } = watch()
    write('k1', 'k2')
    unlinkSync(join(dir, 'key-k2'))
    settle()
    expect(await metrics.value('murmuration_ingress_sources_stale')).toBe(1)
    writeFileSync(join(dir, 'key-k2'), 'the secret of k2')
    settle()
    expect(secrets()).toEqual(['the first secret', 'the secret of k2'])
    expect(await metrics.value('murmuration_ingress_sources_stale')).toBe(0)
  })

  it('takes a change that came between the first reading and the first look', () => {
    write('k1')
    const loaded = readSources(join(dir, 'sources.yaml'), {})
    writeFileSync(join(dir, 'key'), 'rotated while starting')
    const { settle, secrets } = watch(loaded)
    settle()
    expect(secrets()).toEqual(['rotated while starting'])
  })

  it('does not take a file that is still being written, though what is there is valid', () => {
    write('k1')
    const { check, changes, secrets } = watch()
    write('k1', 'half')
    check()
    write('k1', 'half', 'whole')
    check()
    expect(changes).toEqual([])
    check()
    expect(secrets()).toEqual(['the first secret', 'the secret of half', 'the secret of whole'])
    expect(changes).toHaveLength(1)
  })

  it('takes a change at once when it is told to', () => {
    write('k1')
    const { checkNow, secrets, changes } = watch()
    checkNow()
    expect(changes).toEqual([])
    write('k1', 'k2')
    checkNow()
    expect(secrets()).toEqual(['the first secret', 'the secret of k2'])
  })

  it('shows every key from the start, at 0, and none that is no longer there', async () => {
    write('k1', 'k2')
    const { settle, metrics, exposes } = watch()
    metrics.count('murmuration_ingress_signature_key_uses_total', { source: 'sales', key_id: 'k1' }, 5)
    expect(await exposes(uses('k2'))).toBe(true)
    expect(await metrics.value(lastUse('k2'))).toBe(0)
    write('k1')
    settle()
    expect([await exposes(uses('k2')), await exposes(lastUse('k2'))]).toEqual([false, false])
    expect(await metrics.value(uses('k1'))).toBe(5)
  })
})
