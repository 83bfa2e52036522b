export type { BirdEvent, EventContext } from './bird-event.ts'
export { describeUnmapped, type UnmappedKind, unmappedKinds } from './describe-unmapped.ts'
export {
  type DoctorSource,
  type DoctorWebhook,
  type Finding,
  type FindingWord,
  findingWords,
} from './diagnose-finding.ts'
export { type Diagnosis, diagnoseWebhook, findingOf, maxHmacs } from './diagnose-webhook.ts'
export { maxNesting, type ParsedWebhook, parseWebhook } from './parse-webhook.ts'
export { schemes } from './schemes.ts'
export { type BirdCrmHeaders, type BirdCrmSignable, signBirdCrm } from './sign-bird-crm.ts'
export { type MessagebirdJwtHeaders, type MessagebirdJwtSignable, signMessagebirdJwt } from './sign-messagebird-jwt.ts'
export { type MessagebirdQuerySignable, signMessagebirdQuery } from './sign-messagebird-query.ts'
export {
  type StandardWebhooksHeaders,
  type StandardWebhooksSignable,
  signStandardWebhooks,
} from './sign-standard-webhooks.ts'
export { SignatureRejectedError, type SignatureRejection, signatureRejections } from './signature-rejected-error.ts'
export type { SchemeName, SignatureInput, SignatureScheme, SigningKey } from './signature-scheme.ts'
export { schemeNames } from './signature-scheme.ts'
export { toEvents } from './to-events.ts'
export type { UnverifiedWebhook } from './unverified-webhook.ts'
export type { VerifiedWebhook } from './verified-webhook.ts'
export { type UnreadableReason, unreadableReasons, WebhookUnreadableError } from './webhook-unreadable-error.ts'
