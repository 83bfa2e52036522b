import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { kafkaJars } from './artifact-lock.ts'
import { ensureClassArchives } from './class-archives.ts'
import { ensureArtifacts } from './fetch-artifacts.ts'
import type { Java } from './java.ts'
import type { KafkaOptions } from './kafka.ts'
import type { PostgresOptions } from './postgres.ts'
import { checkPrerequisites } from './prerequisites.ts'
import type { RegistryOptions } from './registry.ts'
import type { StackOptions } from './stack.ts'
import { unpackRegistry } from './unpack-registry.ts'

/** What each server of our own starts from; absent where somebody else's is used. */
export interface PreparedStack {
  readonly kafka?: Pick<KafkaOptions, 'java' | 'jars' | 'archive'>
  readonly registry?: Pick<RegistryOptions, 'java' | 'programDir' | 'archive'>
  readonly database?: Pick<PostgresOptions, 'binaries'>
}

/** Downloads, the unpacked registry, two class archives, and room for data. */
const FIRST_TIME_BYTES = 900e6

/** Room for data. */
const LATER_BYTES = 200e6

/**
 * Gets everything that starting needs, the first time by downloading it. Later times take some tens of milliseconds and
 * no network.
 *
 * @throws {LocalError} lists what is missing on the machine, or says what could not be fetched
 */
export async function prepareStack(options: StackOptions): Promise<PreparedStack> {
  const { home, env, external } = options
  const artifacts = join(home, 'artifacts')
  const needs = {
    kafka: !external.kafkaBrokers,
    registry: !external.registryUrl,
    database: !external.databaseUrl,
  }
  const freeBytes = existsSync(artifacts) ? LATER_BYTES : FIRST_TIME_BYTES
  const folders = [home, options.dataDir, options.logDir]
  const { java, postgres } = await checkPrerequisites({ needs, folders, freeBytes, env })
  const servers = java === undefined ? {} : await prepareJavaServers(java, options, artifacts)
  return {
    ...(needs.kafka && servers.kafka !== undefined ? { kafka: servers.kafka } : {}),
    ...(needs.registry && servers.registry !== undefined ? { registry: servers.registry } : {}),
    ...(postgres === undefined ? {} : { database: { binaries: postgres } }),
  }
}

async function prepareJavaServers(
  java: Java,
  options: StackOptions,
  dir: string,
): Promise<Pick<PreparedStack, 'kafka' | 'registry'>> {
  const { env, logDir, onProgress, signal } = options
  await mkdir(dir, { recursive: true })
  const lock = await ensureArtifacts({ dir, env, logDir, onProgress, signal })
  const programDir = await unpackRegistry(lock, { dir, env, logDir, onProgress, signal })
  const jars = kafkaJars(lock, dir)
  const archives = await ensureClassArchives({
    dir: join(options.home, 'cds'),
    java,
    kafkaJars: jars,
    registryDir: programDir,
    lockSha256: lock.sha256,
    env,
    onProgress,
    signal,
  })
  return {
    kafka: { java, jars, ...(archives.kafka === undefined ? {} : { archive: { use: archives.kafka } }) },
    registry: { java, programDir, ...(archives.registry === undefined ? {} : { archive: { use: archives.registry } }) },
  }
}
