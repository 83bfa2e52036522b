import { inject } from 'vitest'
import { createRegistryHttp } from './registry-http.ts'
import { describeSubjects } from './testing/subjects-conformance.ts'

describeSubjects('Apicurio', createRegistryHttp({ url: inject('registryUrl'), timeoutMs: 10_000 }))
