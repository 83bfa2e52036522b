import { afterAll, expect, it } from 'vitest'
import { RegistryUnavailableError, SchemaRefusedError } from './avro-errors.ts'
import { createRegistryHttp } from './registry-http.ts'
import { createRegistrySubjects } from './registry-subjects.ts'
import { startConfluentRegistry } from './testing/confluent-registry.ts'
import { describeSubjects } from './testing/subjects-conformance.ts'

const confluent = await startConfluentRegistry()
afterAll(() => confluent.close())
const http = createRegistryHttp({ url: confluent.url, timeoutMs: 5_000 })

describeSubjects("Confluent's, as documented", http)

it.each([
  ['with a page', 'text/html', '<h1>Not found</h1>'],
  ["as Confluent's framework says it", 'application/json', '{"error_code":404,"message":"HTTP 404 Not Found"}'],
])('takes no subject for missing where the path of the URL is wrong, %s', async (_, contentType, body) => {
  confluent.answerAll({ status: 404, contentType, body })
  const subjects = createRegistrySubjects(http)
  await expect(subjects.latestVersion('s-value')).rejects.toThrow(RegistryUnavailableError)
  await expect(subjects.findVersion('s-value', '{}')).rejects.toThrow(RegistryUnavailableError)
  await expect(subjects.compatibilityOf('s-value')).rejects.toThrow(RegistryUnavailableError)
  confluent.answerAll(undefined)
})

it('takes no subject for missing on a 404 that speaks of something else', async () => {
  confluent.answerAll({ status: 404, contentType: 'application/json', body: '{"error_code":40470,"message":"odd"}' })
  const subjects = createRegistrySubjects(http)
  await expect(subjects.latestVersion('s-value')).rejects.toThrow(SchemaRefusedError)
  await expect(subjects.findVersion('s-value', '{}')).rejects.toThrow('odd')
  confluent.answerAll(undefined)
})

it("asks for the registry's own level where it knows no `defaultToGlobal`", async () => {
  const old = {
    url: 'http://old',
    send: async (_: string, path: string) =>
      path === '/config'
        ? { status: 200, errorCode: undefined, body: { compatibilityLevel: 'NONE' } }
        : { status: 404, errorCode: 40_408, body: { error_code: 40_408 } },
  }
  expect(await createRegistrySubjects(old).compatibilityOf('s-value')).toBe('NONE')
})
