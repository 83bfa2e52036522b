import { mkdirSync, writeFileSync } from 'node:fs'
import { recordNames } from './catalog.ts'
import { generateAsyncApi } from './generate-asyncapi.ts'
import { generateReference } from './generate-reference.ts'
import { generateTypes } from './generate-types.ts'
import { loadSchema } from './load-schema.ts'

write('./generated/', 'types.ts', generateTypes(recordNames.map(loadSchema)))
write('../docs/reference/', 'asyncapi.json', generateAsyncApi())
write('../docs/reference/', 'index.html', generateReference())

function write(folder: string, name: string, text: string): void {
  mkdirSync(new URL(folder, import.meta.url), { recursive: true })
  writeFileSync(new URL(`${folder}${name}`, import.meta.url), text)
}
