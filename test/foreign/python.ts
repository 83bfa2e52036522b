import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const recipes = fileURLToPath(new URL('../../docs/recipes/', import.meta.url))
const venv = fileURLToPath(new URL('../../.murmuration/python/', import.meta.url))
const MAX_OUTPUT_BYTES = 256 * 1_048_576

/** A record as `read_topics.py` prints it. */
export interface Row {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly value: Readonly<Record<string, unknown>>
}

/**
 * The recipes' Python, in an environment of its own; made at the first use.
 *
 * @throws when there is no python3 or its packages can't be had; says what to do
 */
export function preparePython(): string {
  const python = join(venv, 'bin', 'python')
  try {
    if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', venv], { stdio: 'pipe' })
    const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', `${recipes}requirements.txt`]
    execFileSync(python, args, { stdio: 'pipe' })
  } catch (cause) {
    throw new Error(
      'The recipes need python3 (3.9 or newer) with venv, and the packages of docs/recipes/requirements.txt: ' +
        '"sudo apt-get install python3-venv", and a network or a mirror for pip.',
      { cause },
    )
  }
  return python
}

/** Runs a Python file of the recipes or of this folder; returns what it printed. */
export function runPython(python: string, args: readonly string[], input?: string): string {
  return execFileSync(python, args, {
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT_BYTES,
    ...(input === undefined ? {} : { input }),
  })
}

/** The recipe `read_topics.py`: whole topics, decoded by Confluent's client. Its own output, for a next program. */
export function readTopicLines(
  python: string,
  input: {
    readonly brokers: string
    readonly registry: string
    readonly topics: readonly string[]
    /** Path of the Avro schema to decode into; the writer's own when left out. */
    readonly readerSchema?: string
  },
): string {
  const { brokers, registry, topics, readerSchema } = input
  const reader = readerSchema === undefined ? [] : ['--reader-schema', readerSchema]
  return runPython(python, [
    `${recipes}read_topics.py`,
    '--brokers',
    brokers,
    '--registry',
    registry,
    ...reader,
    ...topics,
  ])
}

/** As `readTopicLines`, parsed. */
export function readTopics(python: string, input: Parameters<typeof readTopicLines>[1]): readonly Row[] {
  const lines = readTopicLines(python, input).trim()
  return lines === '' ? [] : lines.split('\n').map((line) => JSON.parse(line) as Row)
}
