import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { catalog } from '@murmuration/schemas'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { recipes } from './python.ts'
import { type PlayedSample, playSample, typedRecords } from './sample.ts'

const artifacts = fileURLToPath(new URL('../../.murmuration/artifacts/', import.meta.url))
let sample: PlayedSample

beforeAll(async () => {
  try {
    execFileSync('javac', ['-version'], { stdio: 'pipe' })
  } catch (cause) {
    throw new Error('This recipe needs a JDK 17 or newer, not only a runtime: "sudo apt-get install openjdk-17-jdk".', {
      cause,
    })
  }
  sample = await playSample()
})

afterAll(async () => {
  await sample?.pipeline.close()
})

/** Kafka's own jars, which lie there since everything was started, and Apache Avro, which the registry brings. */
function classPath(): string {
  const entries = readdirSync(artifacts, { recursive: true, encoding: 'utf8' })
  const avro = entries.find((path) => /org\.apache\.avro\.avro-[\d.]+\.jar$/.test(path))
  if (avro === undefined) throw new Error(`no jar of Apache Avro below ${artifacts}; run "npm start" once`)
  return [`${artifacts}*`, join(artifacts, avro)].join(':')
}

interface Line {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

function readTopic(topic: string, ...readerSchema: readonly string[]): readonly Line[] {
  const args = ['-cp', classPath(), `${recipes}ReadTopic.java`, sample.brokers, sample.registry, topic, ...readerSchema]
  const out = execFileSync('java', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1_048_576,
  })
  return out
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
    .map(([, , key = '', value = '']) => ({ key, value: JSON.parse(value) as Line['value'] }))
}

it("reads every event that was answered with Kafka's Java client and Apache Avro, once", () => {
  const lines = typedRecords.flatMap((record) => readTopic(catalog[record].topic))
  expect(lines.map(({ value }) => value.eventId).sort()).toEqual(sample.answeredIds)
})

it('finds the Arabic text and the emoji under the contact key', () => {
  const hello = readTopic(catalog.message.topic).find(({ value }) => value.text === 'مرحبا 👋 أين طلبي؟')
  expect(hello?.key).toBe(hello?.value.contactKey)
})

it("decodes into a team's own schema, and what the team does not read never reaches it", () => {
  const file = fileURLToPath(new URL('../../schemas/readers/analytics/message.avsc', import.meta.url))
  const { fields } = JSON.parse(readFileSync(file, 'utf8')) as { fields: readonly { name: string }[] }
  const lines = readTopic(catalog.message.topic, file)
  expect(lines.length).toBeGreaterThan(0)
  for (const { value } of lines) expect(Object.keys(value)).toEqual(fields.map(({ name }) => name))
})
