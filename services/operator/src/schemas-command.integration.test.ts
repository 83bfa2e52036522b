import { randomUUID } from 'node:crypto'
import { recordNames } from '@murmuration/schemas'
import { expect, inject, it } from 'vitest'
import { murmur } from './murmur.fixture.ts'

const prefix = `schemas-${randomUUID()}.`
const env = { KAFKA_TOPIC_PREFIX: prefix, SCHEMA_REGISTRY_URL: inject('registryUrl') }

async function run(...args: readonly string[]) {
  const { code, out, err } = await murmur(['schemas', ...args, '--json'], env)
  expect(code, err).toBe(0)
  return JSON.parse(out) as readonly { subject: string; state: string; compatibility: string | null }[]
}

function allAre(state: string, compatibility: string | null) {
  return recordNames.map(() => expect.objectContaining({ state, compatibility }))
}

it('diff and push --dry-run tell what is missing and register nothing, push does, and diff finds all the same', async () => {
  expect(await run('diff')).toEqual(allAre('missing', null))
  expect(await run('push', '--dry-run')).toEqual(allAre('missing', null))
  expect(await run('diff')).toEqual(allAre('missing', null))
  await run('push')
  expect(await run('diff')).toEqual(allAre('same', 'FULL_TRANSITIVE'))
})
