import { mkdirSync, writeFileSync } from 'node:fs'
import { recordNames } from './catalog.ts'
import { generateTypes } from './generate-types.ts'
import { loadSchema } from './load-schema.ts'

mkdirSync(new URL('./generated/', import.meta.url), { recursive: true })
writeFileSync(new URL('./generated/types.ts', import.meta.url), generateTypes(recordNames.map(loadSchema)))
