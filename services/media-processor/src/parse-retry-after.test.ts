import { expect, it } from 'vitest'
import { parseRetryAfter } from './parse-retry-after.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')

it.each([
  [undefined, undefined],
  ['', undefined],
  ['soon', undefined],
  ['0', 0],
  ['7', 7_000],
  ['86400', 300_000],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['Fri, 02 Jan 2026 00:00:00 GMT', 300_000],
])('reads %j as %j ms', (header, ms) => {
  expect(parseRetryAfter(header, NOW)).toBe(ms)
})
