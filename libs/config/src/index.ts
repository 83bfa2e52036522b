export type { ConfigOf, Setting, Settings } from './read-config.ts'
export { ConfigInvalidError, integer, list, readConfig, secret, text } from './read-config.ts'
export {
  registryClientSettings,
  registrySettings,
  toRegistryAccess,
  toRegistryOptions,
} from './registry-settings.ts'
export { Secret } from './secret.ts'
export { sharedSettings } from './shared-settings.ts'
