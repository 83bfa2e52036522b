import type { SchemeName, SignatureScheme } from './signature-scheme.ts'
import { verifyBirdCrm } from './verify-bird-crm.ts'

/** THE table of signature schemes; a source names the one that its subscription uses. */
export const schemes: { readonly [N in SchemeName]: SignatureScheme & { readonly name: N } } = {
  'bird-crm': { name: 'bird-crm', verify: verifyBirdCrm },
}
