// Plain JavaScript for any Node from 20 on: it brings the Node, the pnpm and the packages that the rest runs on.
// Runs before every npm script; does nothing when the installed packages are newer than the lockfile.
// `--new-lockfile`: writes the lockfile anew where a package.json changed, instead of failing.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PNPM = 'pnpm@10.34.9'
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const marker = join(root, 'node_modules', '.modules.yaml')
const inputs = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'].map((name) => join(root, name))

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  stop(`Node ${process.versions.node} is too old.`, 'Install Node 20.19 or newer, then run the command again.')
}

const installed = existsSync(marker) ? statSync(marker).mtimeMs : 0
if (installed < Math.max(...inputs.map((file) => statSync(file).mtimeMs))) install()

function install() {
  process.stderr.write('Installing packages (Node 26 among them); the first time takes up to a minute.\n')
  const started = Date.now()
  // npx runs through a shell on Windows only; arguments are constants.
  const lockfile = process.argv.includes('--new-lockfile') ? '--no-frozen-lockfile' : '--frozen-lockfile'
  const result = spawnSync('npx', ['-y', PNPM, 'install', lockfile, '--reporter=append-only'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, npm_config_loglevel: 'error', CI: 'true' },
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
  if (result.error !== undefined || result.status !== 0) {
    const said = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim().split('\n').slice(-15).join('\n')
    stop(
      `Installing packages failed${result.error ? `: ${result.error.message}` : ` (exit ${result.status})`}.`,
      `${said}\n\nThe package registry must be reachable the first time (npm's own settings for proxies and mirrors apply).`,
    )
  }
  process.stderr.write(`Packages installed in ${((Date.now() - started) / 1000).toFixed(1)} s.\n`)
}

function stop(what, how) {
  process.stderr.write(`\n${what}\n${how}\n`)
  process.exit(1)
}
