import { expect, it } from 'vitest'
import type { LockedArtifact } from './artifact-lock.ts'
import { readTransfers } from './fetch-with-maven.ts'
import { toPom } from './maven-pom.ts'

const jar: LockedArtifact = {
  group: 'org.x',
  artifact: 'small',
  version: '1',
  extension: 'jar',
  bytes: 5_000,
  sha256: '',
}
const archive: LockedArtifact = {
  ...jar,
  artifact: 'big',
  classifier: 'all',
  extension: 'tar.gz',
  bytes: 108_860_403,
}

function read(line: string) {
  const seen: [string, number][] = []
  const onBytes = (one: LockedArtifact, bytes: number) => void seen.push([one.artifact, bytes])
  readTransfers(line, { artifacts: [jar, archive], onBytes })
  return seen
}

it('counts a file when Maven says that it has come', () => {
  expect(read('Downloaded from mirror: https://example.org/m2/org/x/small/1/small-1.jar (5.0 kB at 1 kB/s)')).toEqual([
    ['small', 5_000],
  ])
})

it('follows the one file that is large enough to be known by its size', () => {
  expect(read('Progress (2): 4.1/109 MB | 1.2/5.0 kB')).toEqual([['big', 4_100_000]])
})

it('does not call a file complete because its rounded size is', () => {
  expect(read('Progress (1): 109/109 MB')).toEqual([['big', 108_860_402]])
})

it('takes POMs and other lines for nothing', () => {
  expect(read('Downloaded from mirror: https://example.org/m2/org/x/small/1/small-1.pom (5.0 kB at 1 kB/s)')).toEqual(
    [],
  )
  expect(read('[INFO] BUILD SUCCESS')).toEqual([])
})

it('excludes what an artifact would bring along', () => {
  expect(toPom([jar])).toContain('<exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion>')
})
