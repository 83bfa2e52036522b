import { existsSync, mkdirSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureArtifacts, type OnProgress, runChild } from '@murmuration/local'
import { readLock } from '../../deploy/local/src/artifact-lock.ts'
import { findJava } from '../../deploy/local/src/java.ts'
import { findOnPath, isExecutable, toChildEnv } from '../../deploy/local/src/on-path.ts'
import type { ContestantProgram } from './consumer-contestant.ts'

export const PARALLEL_CONSUMER = '0.5.3.3'
const source = fileURLToPath(new URL('./parallel-consumer/ParallelConsumerMain.java', import.meta.url))
const lockFile = fileURLToPath(new URL('./parallel-consumer/artifacts.lock.json', import.meta.url))

type Env = Readonly<Record<string, string | undefined>>

/** `javac` of JAVA_HOME, else of the PATH; undefined: there is a runtime at best. */
export function findJavac(env: Env): string | undefined {
  const own = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'javac') : ''
  return isExecutable(own) ? own : findOnPath('javac', env)
}

/**
 * Fetches the peer (16 jars, 20 MB, pinned by content, once per checkout) and compiles its program where that is newer.
 *
 * @throws {LocalError} something could not be fetched or compiled, or Java is too old
 */
export async function buildParallelConsumer(
  javac: string,
  options: {
    readonly toolsDir: string
    readonly logDir: string
    readonly brokers: string
    readonly env: Env
    readonly onProgress: OnProgress
  },
): Promise<ContestantProgram> {
  const { env, logDir } = options
  const dir = join(options.toolsDir, `parallel-consumer-${PARALLEL_CONSUMER}`)
  const [jars, classes] = [join(dir, 'jars'), join(dir, 'classes')]
  mkdirSync(classes, { recursive: true })
  await ensureArtifacts({ ...options, dir: jars, lock: await readLock(lockFile) })
  const classPath = [classes, join(jars, '*')].join(delimiter)
  const built = join(classes, 'ParallelConsumerMain.class')
  if (!existsSync(built) || statSync(built).mtimeMs < statSync(source).mtimeMs) {
    await runChild({
      name: 'javac',
      command: javac,
      args: ['-Xlint:all', '-cp', classPath, '-d', classes, source],
      env: toChildEnv(env),
      logFile: join(logDir, 'javac.log'),
    })
  }
  // The compiler's own Java, which can run what it has compiled.
  const java = await findJava({ ...env, JAVA_HOME: env.JAVA_HOME || dirname(dirname(javac)) }).catch(() =>
    findJava(env),
  )
  return {
    name: 'parallel-consumer',
    command: java.command,
    args: ['-XX:-UsePerfData', '-cp', classPath, 'ParallelConsumerMain', options.brokers],
    env: toChildEnv(env),
    logFile: join(logDir, 'parallel-consumer.log'),
  }
}
