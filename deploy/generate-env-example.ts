import { writeFileSync } from 'node:fs'
import { toEnvExample } from './env-example.ts'
import { settingsGroups } from './settings-groups.ts'

writeFileSync(new URL('../.env.example', import.meta.url), toEnvExample(settingsGroups))
