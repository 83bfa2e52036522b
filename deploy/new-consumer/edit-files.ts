import { type ConsumerToWrite, NewConsumerError } from './consumer-to-write.ts'

/** How the text of a file changes. Pure. @throws {NewConsumerError} the place of a row is not found */
export type Edit = (text: string, consumer: ConsumerToWrite) => string

/** The files that a new consumer has a row in, by path from the root. */
export const edits: Readonly<Record<string, Edit>> = {
  'schemas/catalog.ts': editCatalog,
  'deploy/local/start/service-specs.ts': (text, { name }) => {
    const row = `    { name: '${name}', script: join(services, '${name}/src/main.ts'), env: shared },\n`
    return change(text, / {4}\{\n {6}name: 'ingress',\n/, ([ingress]) => row + ingress)
  },
  'deploy/settings-groups.ts': (text, { name }) => {
    const alias = `${toCamelCase(name)}Consumer`
    const imported = `import { settings as ${alias} } from '../services/${name}/src/config.ts'\n`
    const withImport = change(text, /import [^\n]*'\.\.\/services\/operator\//, ([operator]) => imported + operator)
    const row = `  { title: '${name}', settings: ${alias} },\n`
    return change(withImport, / {2}\{ title: 'murmur /, ([commands]) => row + commands)
  },
  'package.json': (text, { name }) =>
    change(text, /( {4}"@murmuration\/[a-z0-9-]+": "workspace:\*",?\n)+/, ([rows]) => {
      const names = [...rows.matchAll(/@murmuration\/([a-z0-9-]+)/g)].map((match) => match[1] ?? '')
      const sorted = [...names, name].sort().map((one) => `    "@murmuration/${one}": "workspace:*"`)
      return `${sorted.join(',\n')}${rows.endsWith(',\n') ? ',' : ''}\n`
    }),
}

/** Its name, what it reads, and its group. */
function editCatalog(text: string, { name, record }: ConsumerToWrite): string {
  const union = /export type ConsumerName =[^\n]*(?:\n {2}\|[^\n]*)*/
  const named = change(text, union, ([names]) => `${names} | '${name}'`)
  const row = new RegExp(`(\\n {2}'?${record}'?: \\{\\n(?: {4}[^\\n]*\\n)*? {4}subscribers: \\[)([^\\]]*)`)
  const subscribed = change(named, row, ([, head = '', subscribers = '']) => {
    return `${head}${[...subscribers.split(','), `'${name}'`].filter((one) => one.trim() !== '').join(',')}`
  })
  const groups = /export const consumers: [^{\n]*\{\n(?: {2}[^\n]*\n)*/
  return change(subscribed, groups, ([rows]) => `${rows}  '${name}': [{ id: '${name}', onFailure: 'dead-letter' }],\n`)
}

function change(text: string, place: RegExp, to: (match: RegExpExecArray) => string): string {
  const match = place.exec(text)
  if (match === null) throw new NewConsumerError(`nothing looks like ${place.source}`)
  return text.slice(0, match.index) + to(match) + text.slice(match.index + match[0].length)
}

function toCamelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}
