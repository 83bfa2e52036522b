import { createHmac, timingSafeEqual } from 'node:crypto'

/** Adds `expires` (epoch seconds) and a signature over path and expiry. */
export function signPath(path: string, input: { readonly key: string; readonly expiresAtMs: number }): string {
  const expires = String(Math.floor(input.expiresAtMs / 1_000))
  return `${path}?X-Expires=${expires}&X-Signature=${digest(path, expires, input.key)}`
}

/** Whether storage would serve this URL now. */
export function isPresigned(url: URL, input: { readonly key: string; readonly nowMs: number }): boolean {
  const expires = url.searchParams.get('X-Expires') ?? ''
  const given = Buffer.from(url.searchParams.get('X-Signature') ?? '')
  const wanted = Buffer.from(digest(url.pathname, expires, input.key))
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return false
  return Number(expires) * 1_000 > input.nowMs
}

function digest(path: string, expires: string, key: string): string {
  return createHmac('sha256', key).update(`${path}\n${expires}`).digest('hex')
}
