// Runs the real command for the tests.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface MurmurResult {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs `murmur` as a child process, in an environment of nothing but what is given. */
export async function murmur(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<MurmurResult> {
  const script = fileURLToPath(new URL('./murmur.ts', import.meta.url))
  const child = spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  // `close`, not `exit`: by then everything that it said has been read.
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out: Buffer.concat(out).toString('utf8'), err: Buffer.concat(err).toString('utf8') }
}
