import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { packageOf, root, sources } from './sources.ts'

/** Who may import whom. Services may import any lib; deploy and test anything. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  schemas: [],
  config: ['errors'],
  observability: ['errors'],
  avro: ['errors', 'observability', 'schemas'],
  bird: ['errors', 'observability', 'schemas'],
  outbound: ['errors', 'observability', 'schemas'],
  objects: ['errors', 'observability', 'schemas'],
  database: ['errors', 'observability', 'schemas'],
  kafka: ['avro', 'config', 'errors', 'observability', 'schemas'],
  consumer: ['config', 'errors', 'kafka', 'observability', 'schemas'],
  service: ['config', 'errors', 'kafka', 'observability', 'schemas'],
}

/** The one package that imports a foreign client. */
const owners: Readonly<Record<string, readonly string[]>> = {
  kafkajs: ['libs/kafka'],
  avsc: ['libs/avro'],
  '@kafkajs/confluent-schema-registry': ['libs/avro'],
  undici: ['libs/outbound'],
  'ipaddr.js': ['libs/outbound'],
  // deploy/local creates databases beside the first one while nothing of ours is installed in it.
  pg: ['libs/database', 'deploy'],
  'node-pg-migrate': ['libs/database'],
  fastify: ['libs/service', 'services/ingress'],
  pino: ['libs/observability'],
  'prom-client': ['libs/observability'],
  'mvn-artifact-url': ['deploy'],
  yaml: ['services/ingress', 'services/operator', 'deploy'],
}

const services = readdirSync(`${root}services`)

function workspaceImports(imports: readonly string[]): readonly string[] {
  return imports.flatMap((name) => (name.startsWith('@murmuration/') ? [name.split('/')[1] ?? ''] : []))
}

describe('imports', () => {
  it.each(Object.entries(allowed))('%s imports only what the table allows', (name, targets) => {
    const own = name === 'schemas' ? 'schemas' : `libs/${name}`
    const wrong = sources
      .filter((source) => packageOf(source.path) === own && !source.isTest)
      .flatMap((source) => workspaceImports(source.imports).map((target) => `${source.path} → ${target}`))
      .filter((arrow) => !targets.includes(arrow.split(' → ')[1] ?? ''))
    expect(wrong, 'move the code, or hand the dependency in as an argument').toEqual([])
  })

  it('services import no service, and testkit only in their tests', () => {
    const wrong = sources
      .filter((source) => source.path.startsWith('services/') && !source.isTest)
      .flatMap((source) => workspaceImports(source.imports).map((target) => ({ path: source.path, target })))
      .filter(({ target }) => services.includes(target) || target === 'testkit')
    expect(wrong).toEqual([])
  })

  it('each foreign client is imported by its owner only', () => {
    const wrong = sources.flatMap((source) =>
      source.imports
        .filter((name) => owners[name] !== undefined && !owners[name]?.includes(packageOf(source.path)))
        .filter(() => !source.isTest)
        .map((name) => `${source.path} imports ${name}, which ${owners[name]?.join(' and ')} own`),
    )
    expect(wrong).toEqual([])
  })

  it('no file reaches into another package by a relative path', () => {
    const wrong = sources
      .filter((source) => !source.path.startsWith('test/') && !source.path.startsWith('deploy/'))
      .flatMap((source) =>
        source.imports.filter((name) => /^(\.\.\/){3,}/.test(name)).map((name) => `${source.path} → ${name}`),
      )
      .filter((arrow) => /\/(libs|services|schemas|deploy|test)\//.test(arrow.split(' → ')[1] ?? ''))
    expect(wrong).toEqual([])
  })
})
