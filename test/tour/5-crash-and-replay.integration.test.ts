// Page 5. A process dies in the middle of its work. What it had done since its last commit comes again, in order and up to
// the newest: at least once, never out of order, nothing lost. This sink keeps every effect, so that it shows; a real one
// dedupes by event id and sees nothing of it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Child, spawnChild } from '@murmuration/local'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { group, openStage, type Stage } from './stage.ts'

const COUNT = 60
const dir = mkdtempSync(join(tmpdir(), 'tour-'))
/** Numbers of Anna's messages, in the order of their effects. */
const effects: number[] = []
const members: Child[] = []
let stage: Stage

beforeAll(async () => {
  stage = await openStage()
  await stage.say('anna', ...Array.from({ length: COUNT }, (_, index) => String(index + 1)))
})
afterAll(async () => {
  await Promise.all(members.map((member) => member.kill()))
  await stage?.close()
  rmSync(dir, { recursive: true, force: true })
})

/** Starts the consumer as a process of its own. Both times it has the same name, as a pod that is started again. */
function startMember(): Child {
  const member = spawnChild({
    name: 'member',
    command: process.execPath,
    args: [fileURLToPath(new URL('./crashing-member.ts', import.meta.url))],
    env: {
      PATH: process.env.PATH ?? '',
      GROUP_ID: group,
      KAFKA_BROKERS: stage.brokers,
      KAFKA_TOPIC_PREFIX: stage.names.prefix,
      SCHEMA_REGISTRY_URL: stage.registryUrl,
    },
    logFile: join(dir, 'member.log'),
    onLine: (line) => {
      const applied = /^applied (\d+)$/.exec(line)
      if (applied !== null) effects.push(Number(applied[1]))
    },
  })
  members.push(member)
  return member
}

it('is killed in the middle, and its successor goes on at once', async () => {
  const first = startMember()
  await expect.poll(() => effects.length, { timeout: 20_000, interval: 5 }).toBeGreaterThan(COUNT / 4)
  await first.kill()
  expect(effects.at(-1)).toBeLessThan(COUNT)
  startMember()
  // It evicts its own ghost, so that nobody waits for the dead session to run out.
  await expect.poll(() => effects.at(-1), { timeout: 20_000 }).toBe(COUNT)
})

it('nothing is lost, and no first effect is out of order', () => {
  const firsts = [...new Set(effects)]
  expect(firsts).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1))
})

it('what is repeated is the end of what was done, once, in order and without a gap', () => {
  const backwards = effects.flatMap((effect, index) => (effect <= (effects[index - 1] ?? 0) ? [index] : []))
  expect(backwards.length).toBeLessThanOrEqual(1)
  for (const [index, effect] of effects.entries()) {
    if (!backwards.includes(index)) expect(effect).toBe((effects[index - 1] ?? 0) + 1)
  }
})
