import { afterAll, expect, it } from 'vitest'
import { RegistryUnavailableError } from './avro-errors.ts'
import { createRegistryHttp } from './registry-http.ts'
import { createRegistrySubjects } from './registry-subjects.ts'
import { startConfluentRegistry } from './testing/confluent-registry.ts'
import { describeSubjects } from './testing/subjects-conformance.ts'

const confluent = await startConfluentRegistry()
afterAll(() => confluent.close())
const http = createRegistryHttp({ url: confluent.url, timeoutMs: 5_000 })

describeSubjects("Confluent's, as documented", http)

it('takes no subject for missing where the path of the URL is wrong', async () => {
  confluent.answerAll({ status: 404, contentType: 'text/html', body: '<h1>Not found</h1>' })
  await expect(createRegistrySubjects(http).latestVersion('s-value')).rejects.toThrow(RegistryUnavailableError)
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
