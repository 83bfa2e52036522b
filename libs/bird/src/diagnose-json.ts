import { maxNesting } from './parse-webhook.ts'

/** One way of writing JSON that programs use. */
export interface JsonStyle {
  /** Completes "the body was signed …". */
  readonly said: string
  readonly comma: string
  readonly colon: string
  /** Indent of one level; null: all in one line. */
  readonly indent: string | null
  /** Turns a string's token into this style's spelling. */
  readonly spell: (token: string) => string
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

const spellings: readonly { readonly said: string; readonly spell: (token: string) => string }[] = [
  { said: '', spell: (token) => token },
  { said: ', without needless escapes', spell: respell },
  { said: ', beyond ASCII as \\uxxxx', spell: (token) => spellUnits(respell(token), /[\u007f-\uffff]/g) },
  { said: ', slashes escaped', spell: (token) => respell(token).replaceAll('/', '\\/') },
  {
    said: ', beyond ASCII as \\uxxxx, slashes escaped (PHP)',
    spell: (token) => spellUnits(respell(token), /[\u0080-\uffff]/g).replaceAll('/', '\\/'),
  },
  { said: ', < > & as \\uxxxx (Go)', spell: (token) => spellUnits(respell(token), /[<>&\u2028\u2029]/g) },
  {
    said: ", beyond ASCII and < > & ' + as \\uXXXX (.NET)",
    spell: (token) => spellUnits(respell(token), /[<>&'+`\u007f-\uffff]/g, 'upper'),
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

/** One thing changed at a time: compact, indented by 2 and Python's as spelt, compact in every spelling, and sorted. */
export const quickJsonStyles: readonly JsonStyle[] = [
  ...jsonStyles.slice(0, 3),
  ...jsonStyles.filter(({ said }) => said.startsWith('as compact JSON,')).slice(0, spellings.length),
]

/**
 * JSON as it is spelt: a string, number or word is its token, so 1.50 and "\/" stay what they were, and an object keeps
 * the order of its fields and those that come twice.
 */
export type JsonTree = string | JsonList | JsonFields

interface JsonList {
  readonly items: readonly JsonTree[]
}

interface JsonFields {
  readonly fields: readonly JsonField[]
}

interface JsonField {
  /** Token of the name. */
  readonly token: string
  readonly value: JsonTree
}

/** Of JSON text alone: no text needs more than one pass. */
const tokenPattern = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]|[^\s",:{}[\]]+/g

/** Null for no JSON, and for what nests deeper than any webhook. */
export function readJson(text: string): JsonTree | null {
  if (!isJson(text)) return null
  const tokens = text.match(tokenPattern) ?? []
  if (depthOf(tokens) > maxNesting) return null
  const each = tokens.values()
  return readTree(() => each.next().value ?? '')
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Most brackets that are open at once. Of the text: a parsed value lacks what a later field of the same name hides. */
function depthOf(tokens: readonly string[]): number {
  let [depth, most] = [0, 0]
  for (const token of tokens) {
    if (token === '[' || token === '{') depth += 1
    else if (token === ']' || token === '}') depth -= 1
    most = Math.max(most, depth)
  }
  return most
}

/** The next tree, or the bracket that closes what encloses it. */
function readTree(next: () => string): JsonTree {
  const token = next()
  if (token === '[') {
    const items: JsonTree[] = []
    for (let item = readTree(next); item !== ']'; item = readTree(next)) items.push(item)
    return { items }
  }
  if (token !== '{') return token
  const fields: JsonField[] = []
  for (let name = next(); name !== '}'; name = next()) fields.push({ token: name, value: readTree(next) })
  return { fields }
}

export function writeJson(tree: JsonTree, style: JsonStyle, depth = 0): string {
  if (typeof tree === 'string') return tree.startsWith('"') ? style.spell(tree) : tree
  const write = (inner: JsonTree) => writeJson(inner, style, depth + 1)
  if ('items' in tree) return enclose(tree.items.map(write), '[]', { style, depth })
  const fields = style.keys === 'kept' ? tree.fields : tree.fields.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const written = fields.map(({ token, value }) => `${style.spell(token)}${style.colon}${write(value)}`)
  return enclose(written, '{}', { style, depth })
}

function enclose(
  parts: readonly string[],
  brackets: '[]' | '{}',
  { style, depth }: { readonly style: JsonStyle; readonly depth: number },
): string {
  const [open, close] = brackets
  if (parts.length === 0 || style.indent === null) return `${open}${parts.join(style.comma)}${close}`
  const line = `\n${style.indent.repeat(depth + 1)}`
  return `${open}${line}${parts.join(`${style.comma}${line}`)}\n${style.indent.repeat(depth)}${close}`
}

const envelopeOrder = ['service', 'event', 'type', 'timestamp', 'payload', 'data']

/** The same object with the fields of Bird's two envelopes in Bird's order; null where it is none, or is so already. */
export function toEnvelopeOrder(tree: JsonTree): JsonTree | null {
  if (typeof tree === 'string' || 'items' in tree) return null
  const fields = tree.fields.toSorted((a, b) => placeOf(a) - placeOf(b))
  return fields.every((field, at) => field === tree.fields[at]) ? null : { fields }
}

function placeOf(field: JsonField): number {
  const at = envelopeOrder.indexOf(nameOf(field))
  return at === -1 ? envelopeOrder.length : at
}

function nameOf({ token }: JsonField): string {
  return JSON.parse(token) as string
}

function respell(token: string): string {
  return JSON.stringify(JSON.parse(token))
}

function spellUnits(json: string, pattern: RegExp, letters: 'lower' | 'upper' = 'lower'): string {
  return json.replace(pattern, (unit) => {
    const hex = unit.charCodeAt(0).toString(16).padStart(4, '0')
    return `\\u${letters === 'upper' ? hex.toUpperCase() : hex}`
  })
}
