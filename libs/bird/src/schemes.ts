import type { SchemeName, SignatureScheme } from './signature-scheme.ts'
import { verifyBirdCrm } from './verify-bird-crm.ts'
import { verifyMessagebirdJwt } from './verify-messagebird-jwt.ts'
import { verifyMessagebirdQuery } from './verify-messagebird-query.ts'
import { verifyStandardWebhooks } from './verify-standard-webhooks.ts'

/** THE table of signature schemes; a source names the one that its subscription uses. */
export const schemes: { readonly [N in SchemeName]: SignatureScheme & { readonly name: N } } = {
  'bird-crm': { name: 'bird-crm', verify: verifyBirdCrm },
  'messagebird-jwt': { name: 'messagebird-jwt', verify: verifyMessagebirdJwt },
  'standard-webhooks': { name: 'standard-webhooks', verify: verifyStandardWebhooks },
  'messagebird-query': { name: 'messagebird-query', verify: verifyMessagebirdQuery },
}
