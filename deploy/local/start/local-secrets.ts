import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Secrets of this machine's stack, made up at the first start and kept with the data. */
export interface LocalSecrets {
  readonly signingKey: string
  readonly contactKeySecret: string
  readonly birdAccessKey: string
  readonly workspaceId: string
}

/** Reads the secrets of a data folder, or makes them. Readable by their owner only. */
export function loadLocalSecrets(dataDir: string): LocalSecrets {
  const file = join(dataDir, 'secrets.json')
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as LocalSecrets
  const secrets: LocalSecrets = {
    signingKey: randomBytes(32).toString('base64'),
    contactKeySecret: randomBytes(32).toString('base64'),
    birdAccessKey: randomBytes(24).toString('base64url'),
    workspaceId: randomUUID(),
  }
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 })
  return secrets
}
