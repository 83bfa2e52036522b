import { hash } from 'node:crypto'

/** Printable ASCII but `"` and `\`: text that JSON writes as it is. */
const plain = /^[ !#-[\]-~]*$/

/**
 * SHA-256 of a JSON value, hex, first 32 characters. Independent of the order of keys; two texts with the same value
 * hash the same.
 */
export function hashContent(content: unknown): string {
  return hash('sha256', canonicalJson(content), 'hex').slice(0, 32)
}

/**
 * JSON with sorted keys (by UTF-16 code units) and no blanks. Well-formed whatever it is given: JSON.stringify escapes lone
 * surrogates. What JSON can't say (undefined, Infinity) becomes null. Recurses: bound the depth first.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  if (value === null) return 'null'
  if (typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  let json = ''
  for (const key of Object.keys(value).sort()) {
    const separator = json === '' ? '' : ','
    json += `${separator}${quote(key)}:${canonicalJson((value as Record<string, unknown>)[key])}`
  }
  return `{${json}}`
}

/** As JSON.stringify, in half the time for most keys and ids: every webhook is hashed on its way in. */
function quote(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text)
}
