import { readFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'

const lock = new URL('../../deploy/local/artifacts.lock.json', import.meta.url)

/** Lines about what a run ran on, without anything that names the machine. */
export function describeMachine(): readonly string[] {
  const processors = cpus()
  const { artifacts } = JSON.parse(readFileSync(lock, 'utf8')) as {
    artifacts: readonly { readonly artifact: string; readonly version: string }[]
  }
  const kafka = artifacts.find(({ artifact }) => artifact === 'kafka-clients')?.version ?? 'of the lock file'
  return [
    `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`,
    `Kafka ${kafka}, one embedded node, 12 partitions, one copy`,
  ]
}
