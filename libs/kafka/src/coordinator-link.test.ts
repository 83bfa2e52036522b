import { expect, it } from 'vitest'
import { createCoordinatorLink } from './coordinator-link.ts'
import type { BrokerHandle } from './kafkajs-requests.ts'

const broker: BrokerHandle = { send: async () => undefined }

it('searches once for all who ask, and again when it is forgotten or was not found', async () => {
  let searches = 0
  const link = createCoordinatorLink(async () => {
    searches += 1
    if (searches === 1) throw new Error('away')
    return broker
  })
  const failed = await Promise.allSettled([link.coordinator(), link.coordinator()])
  expect([searches, failed.map(({ status }) => status)]).toEqual([1, ['rejected', 'rejected']])
  await link.coordinator()
  await link.coordinator()
  expect(searches).toBe(2)
  link.forget()
  await link.coordinator()
  expect(searches).toBe(3)
})
