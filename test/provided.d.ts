import 'vitest'

declare module 'vitest' {
  /** What the shared stack gives to integration tests, by `inject`. */
  export interface ProvidedContext {
    /** host:port,host:port */
    readonly kafkaBrokers: string
    readonly registryUrl: string
    readonly databaseUrl: string
  }
}
