import type { JsonObject } from './read-field.ts'

/**
 * The parameters of a query as a JSON object of texts, decoded as application/x-www-form-urlencoded; a name that comes
 * several times holds the list of its values. Null where there is no parameter.
 *
 * A parameter called `__proto__` is a plain own property; bytes that are no UTF-8 become U+FFFD.
 */
export function readQueryFacts(query: string): JsonObject | null {
  const facts = new Map<string, string | string[]>()
  for (const [name, value] of new URLSearchParams(query)) {
    const before = facts.get(name)
    if (before === undefined) facts.set(name, value)
    else if (Array.isArray(before)) before.push(value)
    else facts.set(name, [before, value])
  }
  return facts.size === 0 ? null : Object.fromEntries(facts)
}
