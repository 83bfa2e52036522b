// The maintainer's command: writes artifacts.lock.json anew from the versions below. Needs Maven and the network.
//   node deploy/local/src/lock-artifacts.ts
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LOCK_FILE, type LockedArtifact, sha256Of, toCoordinates, toFileName } from './artifact-lock.ts'
import { runChild } from './child.ts'
import { LocalError } from './local-error.ts'
import { DEPENDENCY_PLUGIN } from './maven-pom.ts'
import { findOnPath } from './on-path.ts'

const KAFKA = '4.3.1'

/** Kafka with all that it needs at run time; the binding makes its log lines appear (Kafka only brings the API). */
const ROOTS = [
  { group: 'org.apache.kafka', artifact: 'kafka_2.13', version: KAFKA },
  { group: 'org.apache.kafka', artifact: 'kafka-tools', version: KAFKA },
  { group: 'org.apache.logging.log4j', artifact: 'log4j-slf4j-impl', version: '2.25.4' },
]

/** Released for Java 17; its publisher's sum was compared by hand when this was written. */
const REGISTRY = {
  group: 'io.apicurio',
  artifact: 'apicurio-registry-app',
  version: '3.0.9',
  classifier: 'all',
  extension: 'tar.gz',
  sha512:
    '1ed16d7284599c705a1ccbc551b307064990eb1f58c340e37eedc80716f24aba' +
    '6216b85db35bc6c1651e44fdfd3598c4c6daa082f18e020e6b8f192036e609c0',
}

const mvn = findOnPath('mvn', process.env)
if (mvn === undefined) throw new LocalError('Maven is needed to lock artifacts, and is not on PATH.')
const work = await mkdtemp(join(tmpdir(), 'murmuration-lock-'))
try {
  const artifacts = [...(await lockJars(mvn)), await lockRegistry(mvn)]
  await writeFile(LOCK_FILE, `${JSON.stringify({ artifacts }, null, 2)}\n`)
  process.stdout.write(`${artifacts.length} artifacts locked in ${LOCK_FILE}\n`)
} finally {
  await rm(work, { recursive: true, force: true })
}

async function lockJars(command: string): Promise<readonly LockedArtifact[]> {
  const dependencies = ROOTS.map(
    (root) =>
      `<dependency><groupId>${root.group}</groupId><artifactId>${root.artifact}</artifactId>` +
      `<version>${root.version}</version></dependency>`,
  )
  await writeFile(
    join(work, 'pom.xml'),
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>murmuration</groupId>' +
      `<artifactId>lock</artifactId><version>1</version><dependencies>${dependencies.join('')}</dependencies></project>`,
  )
  const list = join(work, 'list.txt')
  await run(command, [`${DEPENDENCY_PLUGIN}:list`, '-DincludeScope=runtime', `-DoutputFile=${list}`])
  await run(command, [`${DEPENDENCY_PLUGIN}:copy-dependencies`, '-DincludeScope=runtime', `-DoutputDirectory=${work}`])
  const jars: LockedArtifact[] = []
  for (const line of (await readFile(list, 'utf8')).split('\n')) {
    const words = line.trim().split(' ')[0]?.split(':') ?? []
    const [group, artifact, extension] = words
    const version = words.at(-2)
    if (words.length < 5 || group === undefined || artifact === undefined || version === undefined) continue
    if (extension !== 'jar') throw new LocalError(`${line.trim()} is no jar; this command does not know what to do.`)
    const classifier = words.length === 6 ? { classifier: words[3] ?? '' } : {}
    jars.push(await measure({ group, artifact, version, ...classifier, extension, bytes: 0, sha256: '' }))
  }
  return jars.toSorted((a, b) => (toFileName(a) < toFileName(b) ? -1 : 1))
}

async function lockRegistry(command: string): Promise<LockedArtifact> {
  const wanted: LockedArtifact = { ...REGISTRY, bytes: 0, sha256: '' }
  const file = join(work, toFileName(wanted))
  const what = ['-Dtransitive=false', `-Dartifact=${toCoordinates(wanted)}`, `-Ddest=${file}`]
  await run(command, [`${DEPENDENCY_PLUGIN}:get`, ...what])
  const sha512 = createHash('sha512')
    .update(await readFile(file))
    .digest('hex')
  if (sha512 !== REGISTRY.sha512) throw new LocalError(`The registry's sha512 is ${sha512}, not ${REGISTRY.sha512}.`)
  return measure(wanted)
}

async function measure(artifact: LockedArtifact): Promise<LockedArtifact> {
  const file = join(work, toFileName(artifact))
  return { ...artifact, bytes: (await stat(file)).size, sha256: await sha256Of(file) }
}

async function run(command: string, args: readonly string[]): Promise<void> {
  process.stdout.write(`mvn ${args.join(' ')}\n`)
  const env = Object.fromEntries(Object.entries(process.env).filter((entry) => entry[1] !== undefined))
  const logFile = join(work, 'maven.log')
  await runChild({
    name: 'maven',
    command,
    args: ['-B', ...args],
    cwd: work,
    env: env as Record<string, string>,
    logFile,
  })
}
