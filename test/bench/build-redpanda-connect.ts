import { constants, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runChild } from '@murmuration/local'
import { type Arena, toProgramEnv } from './contestant.ts'

export const REDPANDA_CONNECT = '4.100.0'

/** Parts that the benchmark uses; the whole program has hundreds and takes long to build. */
const MAIN_GO = `package main

import (
	"context"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	_ "github.com/redpanda-data/connect/v4/public/components/kafka"
)

func main() { service.RunCLI(context.Background()) }
`

const GO_MOD = `module bench

go 1.26.5

require github.com/redpanda-data/connect/v4 v${REDPANDA_CONNECT}
`

const CLIENT = 'github.com/twmb/franz-go'
const SHIPPED_LINGER = /linger:(\s+)10 \* time\.Millisecond,/

/** Programs of one version, as files. */
export interface RedpandaConnectBuilds {
  readonly shipped: string
  /** The same but for the default of one setting of its Kafka client, which its own configuration does not offer. */
  readonly lingerZero: string
}

/**
 * Builds Redpanda Connect by the Go toolchain on the PATH, once per checkout: a minute or two and the Go module proxy.
 *
 * Its Kafka client waits 10 ms for more records before each request, and no setting changes it. That is a default and
 * not a property of the program, so a second build uses a copy of the client in which that number is 0.
 * @throws {LocalError} the build failed; carries what Go said
 */
export async function buildRedpandaConnect(arena: Arena): Promise<RedpandaConnectBuilds> {
  const dir = join(arena.toolsDir, `redpanda-connect-${REDPANDA_CONNECT}`)
  const builds = { shipped: join(dir, 'redpanda-connect'), lingerZero: join(dir, 'redpanda-connect-linger-0') }
  if (existsSync(builds.shipped) && existsSync(builds.lingerZero)) return builds
  arena.onStep(`building Redpanda Connect ${REDPANDA_CONNECT} into .tools/ (once, a minute or two)`)
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'main.go'), MAIN_GO)
  writeFileSync(join(dir, 'go.mod'), GO_MOD)
  const go = (name: string, args: readonly string[], onLine?: (line: string) => void): Promise<void> =>
    runChild({
      name: `go ${name}`,
      command: 'go',
      args,
      cwd: dir,
      env: { ...toProgramEnv(arena.env), ...goEnv(arena.env) },
      logFile: join(dir, 'build.log'),
      ...(onLine === undefined ? {} : { onLine }),
    })
  const build = async (file: string, flags: readonly string[]): Promise<void> => {
    await go('build', ['build', '-mod=mod', '-trimpath', '-buildvcs=false', ...flags, '-o', `${file}.part`, '.'])
    renameSync(`${file}.part`, file)
  }
  await build(builds.shipped, [])
  let clientDir = ''
  await go('list', ['list', '-mod=mod', '-m', '-f', '{{.Dir}}', CLIENT], (line) => {
    if (line.startsWith('/')) clientDir = line
  })
  await build(builds.lingerZero, [`-modfile=${await replaceClient(dir, clientDir)}`])
  return builds
}

/** Copies the client, changes its default, and @returns a go.mod that names the copy. */
async function replaceClient(dir: string, clientDir: string): Promise<string> {
  const copy = join(dir, 'franz-go-linger-0')
  await rm(copy, { recursive: true, force: true })
  // Go's module cache is read-only, so the copy is written file by file.
  await cp(clientDir, copy, { recursive: true, mode: constants.COPYFILE_FICLONE })
  const file = join(copy, 'pkg', 'kgo', 'config.go')
  const text = readFileSync(file, 'utf8')
  if (!SHIPPED_LINGER.test(text)) throw new Error(`${file} does not set the linger that the benchmark changes`)
  await rm(file, { force: true })
  writeFileSync(file, text.replace(SHIPPED_LINGER, 'linger:$10,'))
  const mod = join(dir, 'linger-0.mod')
  writeFileSync(mod, `${readFileSync(join(dir, 'go.mod'), 'utf8')}\nreplace ${CLIENT} => ./franz-go-linger-0\n`)
  writeFileSync(join(dir, 'linger-0.sum'), readFileSync(join(dir, 'go.sum')))
  return mod
}

/** Go's own settings of this machine: caches, proxy, toolchain. */
function goEnv(env: Arena['env']): Record<string, string> {
  const names = Object.keys(env).filter((name) => /^GO[A-Z]+$|^(HTTPS?|NO)_PROXY$/i.test(name))
  return Object.fromEntries(names.map((name) => [name, env[name] ?? '']))
}
