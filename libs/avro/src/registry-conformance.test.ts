import { createRegistry } from './registry-client.ts'
import { createRegistryHttp } from './registry-http.ts'
import { startConfluentRegistry } from './testing/confluent-registry.ts'
import { createFakeRegistry } from './testing/fake-registry.ts'
import { describeRegistry } from './testing/registry-conformance.ts'

describeRegistry('the fake in memory', async () => {
  const registry = createFakeRegistry([])
  return {
    registry,
    register: async (subject, schema) => registry.register(schema, { subject }),
    goAway: async (away) => registry.goAway(away),
    cleanUp: async () => undefined,
  }
})

describeRegistry("the stand-in for Confluent's, through our client,", async () => {
  const server = await startConfluentRegistry()
  const http = createRegistryHttp({ url: server.url, timeoutMs: 5_000 })
  const clock = { nowMs: () => performance.now(), delay: async () => undefined }
  return {
    registry: createRegistry({ url: server.url, timeoutMs: 5_000, clock }),
    register: async (subject, schema) => {
      const path = `/subjects/${encodeURIComponent(subject)}/versions`
      const { body } = await http.send('POST', path, { schema: JSON.stringify(schema) })
      return (body as { id: number }).id
    },
    goAway: async (away) => server.answerAll(away ? 'reset' : undefined),
    cleanUp: () => server.close(),
  }
})
