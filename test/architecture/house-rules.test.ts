import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { listFiles, root, sources } from './sources.ts'

const code = sources.filter((source) => !source.isTest)

function linesWith(pattern: RegExp, files = sources): readonly string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])),
  )
}

describe('the house', () => {
  it('no source file is longer than 250 lines', () => {
    const long = code.flatMap(({ path, text }) => (text.split('\n').length > 251 ? [path] : []))
    expect(long, 'split it: one file, one idea').toEqual([])
  })

  it('file names are kebab-case', () => {
    const names = sources.map(({ path }) => path.split('/').at(-1) ?? '')
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.ts$/.test(name))).toEqual([])
  })

  it('only main.ts, cli.ts, the murmur command and development tools read the environment', () => {
    const free = /(main|cli|murmur)\.ts$|^deploy\/|^test\/|^schemas\/generate/
    expect(
      linesWith(
        /process\.env/,
        code.filter(({ path }) => !free.test(path)),
      ),
    ).toEqual([])
  })

  it('clock and chance are handed in', () => {
    const free = /(main|cli|clock)\.ts$|^deploy\/|^libs\/testkit\//
    const own = code.filter(({ path }) => !free.test(path))
    expect(linesWith(/(?<!\* .*)\b(Date\.now\(|new Date\(\)|Math\.random\()/, own)).toEqual([])
  })

  it('nothing is left undone, skipped or untyped', () => {
    const own = sources.filter(({ path }) => !path.startsWith('test/architecture/'))
    expect(
      linesWith(/\b(TODO|FIXME|XXX)\b|\b(it|describe|test)\.(only|skip)\(|: any\b|\bas any\b|@ts-ignore/, own),
    ).toEqual([])
  })

  it('Kafka header names stand in their table only', () => {
    const own = code.filter(({ path }) => path !== 'libs/kafka/src/headers.ts')
    expect(linesWith(/'mur-[a-z-]+'/, own)).toEqual([])
  })

  it('topic names stand in the catalog only', () => {
    const own = code.filter(({ path }) => path !== 'schemas/catalog.ts')
    expect(linesWith(/'(bird|media|privacy)\.[a-z-]+\.v1'|'pipeline\.[a-z-]+\.v1'/, own)).toEqual([])
  })

  it('metric names stand in their table and where they are counted', () => {
    const table = readFileSync(`${root}libs/observability/src/metric-table.ts`, 'utf8')
    const known = new Set([...table.matchAll(/^ {2}(murmuration_\w+):/gm)].map((match) => match[1]))
    const used = code.flatMap(({ text }) => [...text.matchAll(/'(murmuration_[a-z_]+)'/g)].map((match) => match[1]))
    expect(used.filter((name) => !known.has(name))).toEqual([])
    expect(
      [...known].filter((name) => !used.includes(name)),
      'a metric that nobody counts',
    ).toEqual([])
  })

  it('no committed text names the host of a package registry', () => {
    const hosts = ['npmjs', 'maven.org', 'apache.org/maven2', 'pypi', 'crates'].map((name) =>
      `${name}.`.replace('.apache', '.apache'),
    )
    const texts = listFiles(/\.(ts|mjs|md|json|yaml|yml|txt|sh)$|^\.ci\/run$/)
    const wrong = texts.filter((path) => {
      const text = path.startsWith('test/architecture/') ? '' : readFileSync(`${root}${path}`, 'utf8')
      return hosts.some(
        (host) => text.includes(`registry.${host}`) || text.includes(`repo.${host}`) || text.includes(`repo1.${host}`),
      )
    })
    expect(wrong).toEqual([])
  })

  it('every package says what it is, and pins nothing by itself', () => {
    const packages = listFiles(/^(libs|services)\/[^/]+\/package\.json$|^(schemas|deploy\/local)\/package\.json$/)
    expect(packages.filter((path) => !existsSync(`${root}${path.replace('package.json', 'README.md')}`))).toEqual([])
    const versions = packages.flatMap((path) => {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(`${root}${path}`, 'utf8')) as {
        dependencies?: Record<string, string>
        devDependencies?: Record<string, string>
      }
      return Object.entries({ ...dependencies, ...devDependencies }).map(
        ([name, version]) => `${path} ${name} ${version}`,
      )
    })
    expect(versions.filter((line) => !/ (catalog:|workspace:\*)$/.test(line))).toEqual([])
  })
})
