import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { toEnvExample } from './env-example.ts'
import { settingsGroups } from './settings-groups.ts'

it('.env.example is what `npm run generate` makes of the configuration schemas', () => {
  const committed = readFileSync(new URL('../.env.example', import.meta.url), 'utf8')
  expect(committed).toBe(toEnvExample(settingsGroups))
})

it('.env.example shows no default for a setting that is required', () => {
  const text = toEnvExample(settingsGroups)
  expect(text).toMatch(/^KAFKA_BROKERS=/m)
  expect(text).toMatch(/^# PUBLISH_DEADLINE_MS=1800$/m)
})
