import { defineConfig } from 'vitest/config'

const INTEGRATION = '**/*.integration.test.ts'
const EXCLUDE = ['**/node_modules/**', '**/.murmuration/**']

/** Suites with a command of their own: `npm run faults`, `npm run test:foreign`. */
const OWN_COMMAND = ['test/fault/**', 'test/foreign/**']

export default defineConfig({
  test: {
    // Quiet on success: what a passing test prints is nobody's business.
    silent: 'passed-only',
    reporters: ['dot'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{schemas,libs,services,deploy,test}/**/*.test.ts'],
          exclude: [...EXCLUDE, INTEGRATION, ...OWN_COMMAND],
        },
      },
      {
        test: {
          name: 'integration',
          include: [INTEGRATION],
          exclude: [...EXCLUDE, ...OWN_COMMAND],
          globalSetup: ['test/shared-stack.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // One Kafka, one registry, one PostgreSQL on two cores: more files at once only wait for each other.
          maxWorkers: 2,
        },
      },
      ...['fault', 'foreign'].map((name) => ({
        test: {
          name,
          include: [`test/${name}/**/*.test.ts`],
          exclude: EXCLUDE,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      })),
    ],
  },
})
