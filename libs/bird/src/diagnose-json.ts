import { maxNesting } from './parse-webhook.ts'
import { isJsonObject } from './read-field.ts'

/** One way of writing JSON that programs use. */
export interface JsonStyle {
  /** Completes "the body was signed …". */
  readonly said: string
  readonly comma: string
  readonly colon: string
  /** Indent of one level; null: all in one line. */
  readonly indent: string | null
  /** Turns a JSON string, as JSON.stringify writes it, into this style's spelling. */
  readonly spell: (json: string) => string
  readonly keys: 'kept' | 'sorted'
}

type Spacing = Pick<JsonStyle, 'comma' | 'colon' | 'indent' | 'said'>

const spacings: readonly Spacing[] = [
  { said: 'as compact JSON', comma: ',', colon: ':', indent: null },
  { said: 'indented by 2', comma: ',', colon: ': ', indent: '  ' },
  { said: 'with a blank after each comma and colon (Python)', comma: ', ', colon: ': ', indent: null },
  { said: 'indented by 4', comma: ',', colon: ': ', indent: '    ' },
  { said: 'indented by tabs', comma: ',', colon: ': ', indent: '\t' },
]

const spellings: readonly { readonly said: string; readonly spell: (json: string) => string }[] = [
  { said: '', spell: (json) => json },
  { said: ', beyond ASCII as \\uxxxx', spell: (json) => spellUnits(json, /[\u007f-\uffff]/g) },
  { said: ', slashes escaped', spell: (json) => json.replaceAll('/', '\\/') },
  {
    said: ', beyond ASCII as \\uxxxx, slashes escaped (PHP)',
    spell: (json) => spellUnits(json, /[\u0080-\uffff]/g).replaceAll('/', '\\/'),
  },
  { said: ', < > & as \\uxxxx (Go)', spell: (json) => spellUnits(json, /[<>&\u2028\u2029]/g) },
  {
    said: ", beyond ASCII and < > & ' + as \\uXXXX (.NET)",
    spell: (json) => spellUnits(json, /[<>&'+`\u007f-\uffff]/g, 'upper'),
  },
]

/** Every style of ours; the likeliest first. */
export const jsonStyles: readonly JsonStyle[] = (['kept', 'sorted'] as const).flatMap((keys) =>
  spellings.flatMap(({ said, spell }) =>
    spacings.map((spacing) => {
      const order = keys === 'sorted' ? ', keys sorted' : ''
      return { ...spacing, said: `${spacing.said}${said}${order}`, spell, keys }
    }),
  ),
)

/** One thing changed at a time: compact, indented by 2 and Python's in plain text, compact in every spelling, and sorted. */
export const quickJsonStyles: readonly JsonStyle[] = [
  ...jsonStyles.slice(0, 3),
  ...jsonStyles.filter(({ said }) => said.startsWith('as compact JSON,')).slice(0, spellings.length),
]

/** Marks a number, so that it keeps its digits: 1.0 and 1e3 are signed as they were written. */
const source: unique symbol = Symbol('source')

/** The value of a JSON text, numbers with their spelling; undefined for no JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' ? { [source]: context?.source ?? String(value) } : value,
    )
  } catch {
    return undefined
  }
}

/** Writes what `readJson` has read. Null when it nests deeper than any webhook. */
export function writeJson(value: unknown, style: JsonStyle, depth = 0): string | null {
  if (depth > maxNesting) return null
  if (typeof value === 'string') return style.spell(JSON.stringify(value))
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (source in value) return String(value[source])
  const isList = Array.isArray(value)
  const names = isList ? null : Object.keys(value)
  const items = names === null ? (value as readonly unknown[]) : style.keys === 'sorted' ? names.sort() : names
  const written = items.map((item) => {
    if (names === null) return writeJson(item, style, depth + 1)
    const inner = writeJson((value as Readonly<Record<string, unknown>>)[String(item)], style, depth + 1)
    return inner === null ? null : `${style.spell(JSON.stringify(item))}${style.colon}${inner}`
  })
  if (written.includes(null)) return null
  const [open, close] = isList ? ['[', ']'] : ['{', '}']
  if (written.length === 0 || style.indent === null) return `${open}${written.join(style.comma)}${close}`
  const line = `\n${style.indent.repeat(depth + 1)}`
  return `${open}${line}${written.join(`${style.comma}${line}`)}\n${style.indent.repeat(depth)}${close}`
}

/** The same object with the fields of Bird's two envelopes in Bird's order; null where it is none, or is so already. */
export function toEnvelopeOrder(value: unknown): unknown {
  if (!isJsonObject(value)) return null
  const names = Object.keys(value)
  const order = ['service', 'event', 'type', 'timestamp', 'payload', 'data']
  const sorted = names.toSorted((a, b) => placeOf(order, a) - placeOf(order, b))
  if (sorted.every((name, at) => name === names[at])) return null
  return Object.fromEntries(sorted.map((name) => [name, value[name]]))
}

function placeOf(order: readonly string[], name: string): number {
  const at = order.indexOf(name)
  return at === -1 ? order.length : at
}

function spellUnits(json: string, pattern: RegExp, letters: 'lower' | 'upper' = 'lower'): string {
  return json.replace(pattern, (unit) => {
    const hex = unit.charCodeAt(0).toString(16).padStart(4, '0')
    return `\\u${letters === 'upper' ? hex.toUpperCase() : hex}`
  })
}
