import { createRegistry } from '@murmuration/avro'
import { startFaultProxy } from '@murmuration/testkit'
import { inject } from 'vitest'
import { createRegistryHttp } from '../../libs/avro/src/registry-http.ts'
import { describeRegistry } from '../../libs/avro/src/testing/registry-conformance.ts'

describeRegistry('Apicurio, through our client,', async () => {
  const direct = new URL(inject('registryUrl'))
  const proxy = await startFaultProxy({ target: { host: direct.hostname, port: Number(direct.port) } })
  const http = createRegistryHttp({ url: direct.href, timeoutMs: 10_000 })
  const clock = { nowMs: () => performance.now(), delay: async () => undefined }
  return {
    registry: createRegistry({ url: `http://127.0.0.1:${proxy.port}${direct.pathname}`, timeoutMs: 10_000, clock }),
    register: async (subject, schema) => {
      const path = `/subjects/${encodeURIComponent(subject)}/versions`
      const { body } = await http.send('POST', path, { schema: JSON.stringify(schema) })
      return (body as { id: number }).id
    },
    goAway: (away) => proxy.setMode(away ? 'reset' : 'pass'),
    cleanUp: () => proxy.close(),
  }
})
