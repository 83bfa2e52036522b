import { execFileSync } from 'node:child_process'
import { catalog } from '@murmuration/schemas'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { preparePython, type Row, readTopics, recipes } from './python.ts'
import { type PlayedSample, playSample } from './sample.ts'

const { topic } = catalog.message
let sample: PlayedSample
let rows: readonly Row[]
let features: string

beforeAll(async () => {
  try {
    features = execFileSync('kcat', ['-V'], { encoding: 'utf8' })
  } catch (cause) {
    throw new Error('This recipe needs kcat: "sudo apt-get install kcat" or "brew install kcat".', { cause })
  }
  const python = preparePython()
  sample = await playSample()
  rows = readTopics(python, { ...sample, topics: [topic] })
})

afterAll(async () => {
  await sample?.pipeline.close()
})

function kcat(...args: readonly string[]): readonly string[] {
  return execFileSync(`${recipes}kcat.sh`, [sample.brokers, topic, ...args], { encoding: 'utf8' })
    .trimEnd()
    .split('\n')
}

it('shows partition, offset and key of each record that the Python client reads, with any kcat', () => {
  const places = kcat().map((line) => line.split('\t').slice(0, 4))
  const shown = places.map(([partition, offset, , key]) => `${partition} ${offset} ${key}`)
  expect(shown.sort()).toEqual(rows.map(({ partition, offset, key }) => `${partition} ${offset} ${key}`).sort())
})

it('shows the decoded values where kcat was built with Avro, and says no less where it was not', () => {
  const lines = kcat(sample.registry)
  expect(lines).toHaveLength(rows.length)
  if (/avro/i.test(features)) {
    const ids = lines.map((line) => (JSON.parse(line) as { eventId: string }).eventId)
    expect(ids.sort()).toEqual(rows.map(({ value }) => value.eventId).sort())
  } else {
    expect(lines.map((line) => line.split('\t')[3]).sort()).toEqual(rows.map(({ key }) => key).sort())
  }
})
