import { describeObjectStore } from './conformance.ts'
import { createMemoryStore } from './memory-store.ts'

describeObjectStore('memory', async () => ({ store: createMemoryStore(), cleanUp: async () => undefined }))
