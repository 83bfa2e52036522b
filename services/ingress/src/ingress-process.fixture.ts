// Starts the real process for the integration tests.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { signBirdCrm } from '@murmuration/bird'
import { stringify } from 'yaml'
import { nodeFlags } from './config.ts'

const SIGNING_KEY = 'signing key of the integration tests'
const PATH = '/webhooks/whatsapp'
const PUBLIC_URL = `https://hooks.example.com${PATH}?tenant=a`

/** One ingress, as it runs in production but for its settings. */
export interface IngressProcess {
  /** http://host:port of the public port. */
  readonly publicUrl: string
  readonly adminUrl: string
  /** Posts a body, signed as Bird signs it. */
  post(rawBody: Buffer, init?: { readonly signal?: AbortSignal; readonly key?: string }): Promise<Response>
  /** Replaces the signing key in its file. */
  rewriteKey(secret: string): void
  /** Sends SIGTERM. @returns the exit code, once it is gone */
  stop(): Promise<number | null>
  /** True until the process has ended. */
  alive(): boolean
}

/** Starts it on free ports and waits until it says that it has started. */
export async function startIngress(env: Readonly<Record<string, string>>): Promise<IngressProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'ingress-'))
  const keyFile = join(dir, 'key')
  writeFileSync(keyFile, SIGNING_KEY)
  writeFileSync(join(dir, 'sources.yaml'), stringify({ sources: [toSourceEntry(keyFile)] }))
  const child = spawn(process.execPath, [...nodeFlags, fileURLToPath(new URL('./main.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      SOURCES_FILE: join(dir, 'sources.yaml'),
      CONTACT_KEY_SECRET: 'contact key secret of the tests',
      INGRESS_HOST: '127.0.0.1',
      INGRESS_PORT: '0',
      ADMIN_PORT: '0',
      ...env,
    },
  })
  child.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  const urls = await readUrls(child)
  return {
    ...urls,
    post: (rawBody, { key = SIGNING_KEY, ...init } = {}) => {
      const timestamp = String(Math.floor(Date.now() / 1_000))
      const headers = { ...signBirdCrm({ key, timestamp, url: PUBLIC_URL, rawBody }) }
      return fetch(`${urls.publicUrl}${PATH}`, { method: 'POST', headers, body: new Uint8Array(rawBody), ...init })
    },
    rewriteKey: (secret) => writeFileSync(keyFile, secret),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
      return child.exitCode
    },
    alive: () => child.exitCode === null && child.signalCode === null,
  }
}

function toSourceEntry(keyFile: string) {
  return {
    name: 'whatsapp',
    scheme: 'bird-crm',
    workspaceId: 'ws-1',
    path: PATH,
    publicUrl: PUBLIC_URL,
    signingKeys: [{ id: 'key-1', file: keyFile }],
  }
}

/** Reads the log until both addresses have been told, and drains it afterwards. */
function readUrls(child: ChildProcess): Promise<{ publicUrl: string; adminUrl: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ publicUrl: string; adminUrl: string }>()
  const seen: string[] = []
  let publicUrl = ''
  if (child.stdout === null) throw new Error('the process has no standard output')
  createInterface({ input: child.stdout }).on('line', (line) => {
    seen.push(line)
    const { message, url, admin } = JSON.parse(line) as Readonly<Record<string, string>>
    if (message === 'listening') publicUrl = url ?? ''
    if (message === 'started') resolve({ publicUrl, adminUrl: admin ?? '' })
  })
  child.once('exit', (code) => reject(new Error(`the ingress ended with ${code}:\n${seen.join('\n')}`)))
  return promise
}
