import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findJava, toMajor } from './java.ts'

function installJava(version: string): string {
  const home = mkdtempSync(join(tmpdir(), 'murmur-java-'))
  mkdirSync(join(home, 'bin'))
  writeFileSync(join(home, 'bin', 'java'), `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`)
  chmodSync(join(home, 'bin', 'java'), 0o755)
  return home
}

it('reads the major version of old and new numbering', () => {
  expect(toMajor('java version "1.8.0_402"')).toBe(8)
  expect(toMajor('openjdk version "17.0.15" 2025-04-15')).toBe(17)
  expect(toMajor('openjdk version "25" 2025-09-16')).toBe(25)
  expect(toMajor('The operation could not be completed. Unable to locate a Java Runtime.')).toBeUndefined()
})

it('prefers JAVA_HOME to PATH', async () => {
  const home = installJava('21.0.1')
  const java = await findJava({ JAVA_HOME: home, PATH: join(installJava('17.0.1'), 'bin') })
  expect(java).toMatchObject({ command: join(home, 'bin', 'java'), major: 21 })
})

it('takes the one on PATH when JAVA_HOME is too old', async () => {
  const java = await findJava({ JAVA_HOME: installJava('11.0.2'), PATH: join(installJava('17.0.1'), 'bin') })
  expect(java.major).toBe(17)
})

it('says what it found and how to get a newer one when all are too old', async () => {
  const env = { JAVA_HOME: '/nowhere', PATH: join(installJava('1.8.0'), 'bin') }
  const failure = String(await findJava(env).catch((error: unknown) => error))
  expect(failure).toContain('/nowhere/bin/java (from JAVA_HOME) is not there')
  expect(failure).toContain('is Java 8, which is too old')
  expect(failure).toContain('apt-get install')
})
