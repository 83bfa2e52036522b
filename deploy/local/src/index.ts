export {
  type Child,
  type ChildExit,
  type ChildOptions,
  describeLog,
  killEveryChild,
  runChild,
  spawnChild,
} from './child.ts'
export { ensureArtifacts, TamperedArtifactError } from './fetch-artifacts.ts'
export { freePort } from './free-port.ts'
export { type KafkaMember, type KafkaOptions, type KafkaPart, newClusterId, startKafka } from './kafka.ts'
export { LocalError } from './local-error.ts'
export { type OnExit, type Part, type PartSpec, startPart } from './part.ts'
export { type PreparedStack, prepareStack } from './prepare.ts'
export type { OnProgress, Progress } from './progress.ts'
export { type RegistryPart, startRegistry } from './registry.ts'
export { renderProgress } from './render-progress.ts'
export { type ExternalServers, type LocalStack, type StackOptions, startPrepared, startStack } from './stack.ts'
