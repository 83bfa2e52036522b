// Cases of the doctor: requests that were really signed, with one thing (or two) that differs from what the source expects.
import type { DoctorSource, DoctorWebhook, FindingWord } from './diagnose-finding.ts'
import { type BirdCrmSignable, signBirdCrm } from './sign-bird-crm.ts'

export const SECONDS = 1_765_618_300
export const NOW_MS = SECONDS * 1000 + 700

/** One request, and what the doctor must say of it. */
export interface DoctorCase {
  /** Completes "names it when …". */
  readonly name: string
  readonly webhook: DoctorWebhook
  readonly source: DoctorSource
  readonly others?: readonly DoctorSource[]
  /** Exactly these, in this order. */
  readonly words: readonly FindingWord[]
  /** What the ingress counts, where it does not look that far. */
  readonly quickWord?: FindingWord
}

/** Long enough that no other text contains it by chance. */
export const secrets = {
  crm: 'MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=',
  older: 'older signing key of the doctor',
  other: 'signing key of the other source',
  hex: '6a1f0c9be2d47853a1b2c3d4e5f60718293a4b5c6d7e8f90',
  prefixed: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
} as const

export const PUBLIC_URL = 'https://hooks.example.com/bird?tenant=a&zone=b'

export function sourceOf(change: Partial<DoctorSource> = {}): DoctorSource {
  return {
    name: 'main',
    scheme: 'bird-crm',
    publicUrls: [PUBLIC_URL],
    signingKeys: [
      { id: 'new', secret: secrets.crm },
      { id: 'old', secret: secrets.older },
    ],
    maxAgeMs: 24 * 60 * 60_000,
    clockSkewMs: 5 * 60_000,
    ...change,
  }
}

/** A webhook's text: accents, a slash, an ampersand, and numbers whose spelling matters. */
export const value = {
  service: 'channels',
  event: 'whatsapp.inbound',
  payload: { text: 'olá, confidencial & <b>', url: 'https://a/b', size: 1.5, list: [], n: { b: null, a: true } },
} as const
export const BODY = Buffer.from(JSON.stringify(value).replace('1.5', '1.50'))
/** What no output may hold. */
export const bodyText = 'confidencial'

export function signedCrm(change: Partial<BirdCrmSignable> = {}, received: Partial<DoctorWebhook> = {}): DoctorWebhook {
  const signable = { key: secrets.crm, timestamp: String(SECONDS), url: PUBLIC_URL, rawBody: BODY, ...change }
  const headers = { host: 'hooks.example.com', ...signBirdCrm(signable), ...received.headers }
  return { rawBody: signable.rawBody, query: 'tenant=a&zone=b', ...received, headers }
}

/** Bird signed another URL than the configured one. */
export function urlCase(
  name: string,
  words: readonly FindingWord[],
  input: {
    readonly signed?: string
    readonly configured?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly query?: string
    readonly path?: string
  },
): DoctorCase {
  const { signed = PUBLIC_URL, configured = PUBLIC_URL, ...received } = input
  return { name, words, webhook: signedCrm({ url: signed }, received), source: sourceOf({ publicUrls: [configured] }) }
}

/** Bird signed one body, and another arrived. */
export function bodyCase(
  name: string,
  words: readonly FindingWord[],
  signed: Buffer | string,
  received: Buffer | string,
  headers: Readonly<Record<string, string>> = {},
): DoctorCase {
  const rawBody = Buffer.from(received)
  return { name, words, webhook: signedCrm({ rawBody: Buffer.from(signed) }, { rawBody, headers }), source: sourceOf() }
}
