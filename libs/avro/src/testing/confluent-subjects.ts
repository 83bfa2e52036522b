import avro, { type Schema, type Type } from 'avsc'

/** Status and JSON body of an answer. */
export interface Reply {
  readonly status: number
  readonly body: unknown
}

type Body = Readonly<Record<string, unknown>>
type Subject = { readonly ids: number[]; level: string | undefined }

/** What Confluent's registry keeps, and what it answers. */
export type Subjects = ReturnType<typeof createSubjects>

const LEVELS = ['NONE', 'BACKWARD', 'BACKWARD_TRANSITIVE', 'FORWARD', 'FORWARD_TRANSITIVE', 'FULL', 'FULL_TRANSITIVE']

/** Creates an empty one; its global compatibility is Confluent's default, BACKWARD. */
export function createSubjects() {
  const texts: string[] = []
  const subjects = new Map<string, Subject>()
  let globalLevel = 'BACKWARD'

  function entryOf(name: string, index: number): Body | undefined {
    const id = subjects.get(name)?.ids[index]
    return id === undefined ? undefined : { subject: name, version: index + 1, id, schema: texts[id - 1] }
  }

  /** What stands against the schema at the subject's level; `against` limits it to one version. */
  function findConflicts(name: string, type: Type, against = ''): readonly string[] {
    const { ids = [], level = globalLevel } = subjects.get(name) ?? {}
    const all = ids.map((id) => avro.Type.forSchema(JSON.parse(texts[id - 1] ?? '') as Schema))
    const others = against === '' && level.endsWith('_TRANSITIVE') ? all : all.slice(-1)
    return others.flatMap((other) => [
      ...(/^(BACKWARD|FULL)/.test(level) ? whyNot(type, other, 'the new schema can not read the old one') : []),
      ...(/^(FORWARD|FULL)/.test(level) ? whyNot(other, type, 'the old schema can not read the new one') : []),
    ])
  }

  return {
    names: () => [...subjects].filter(([, { ids }]) => ids.length > 0).map(([name]) => name),
    level: () => globalLevel,

    /** Leaves `schemaType` out for Avro, and `references` when there are none, where Apicurio names both. */
    byId(id: number): Reply {
      const schema = texts[id - 1]
      return schema === undefined ? refusal(40_403, `Schema ${id} not found`) : { status: 200, body: { schema } }
    },

    find(name: string, body: Body): Reply {
      const ids = subjects.get(name)?.ids ?? []
      if (ids.length === 0) return refusal(40_401, `Subject '${name}' not found.`)
      const type = parseSchema(body)
      if (type === undefined) return refusal(42_201, 'Invalid schema')
      const at = ids.findIndex((id) => isSame(texts[id - 1], body.schema))
      return at === -1 ? refusal(40_403, 'Schema not found') : { status: 200, body: entryOf(name, at) }
    },

    register(name: string, body: Body): Reply {
      const type = parseSchema(body)
      if (type === undefined) return refusal(42_201, 'Invalid schema')
      const subject = subjects.get(name) ?? { ids: [], level: undefined }
      const known = subject.ids.find((id) => isSame(texts[id - 1], body.schema))
      if (known !== undefined) return { status: 200, body: { id: known } }
      const conflicts = findConflicts(name, type)
      if (conflicts.length > 0) return refusal(40_901, `Schema is incompatible: ${conflicts.join('; ')}`)
      const at = texts.findIndex((text) => isSame(text, body.schema))
      const id = at === -1 ? texts.push(String(body.schema)) : at + 1
      subject.ids.push(id)
      subjects.set(name, subject)
      return { status: 200, body: { id } }
    },

    versions(name: string): Reply {
      const { ids = [] } = subjects.get(name) ?? {}
      if (ids.length === 0) return refusal(40_401, `Subject '${name}' not found.`)
      return { status: 200, body: ids.map((_, index) => index + 1) }
    },

    version(name: string, version: string): Reply {
      const { ids = [] } = subjects.get(name) ?? {}
      if (ids.length === 0) return refusal(40_401, `Subject '${name}' not found.`)
      const body = entryOf(name, version === 'latest' ? ids.length - 1 : Number(version) - 1)
      return body === undefined ? refusal(40_402, `Version ${version} not found.`) : { status: 200, body }
    },

    check(name: string, version: string, body: Body): Reply {
      const { ids = [] } = subjects.get(name) ?? {}
      if (ids.length === 0) return refusal(40_401, `Subject '${name}' not found.`)
      const type = parseSchema(body)
      if (type === undefined) return refusal(42_201, 'Invalid schema')
      const messages = findConflicts(name, type, version)
      return { status: 200, body: { is_compatible: messages.length === 0, messages } }
    },

    /** 40408 for a subject without a level of its own, where Apicurio answers 200 NONE. */
    levelOf(name: string, orGlobal: boolean): Reply {
      const level = subjects.get(name)?.level ?? (orGlobal ? globalLevel : undefined)
      if (level !== undefined) return { status: 200, body: { compatibilityLevel: level } }
      return refusal(40_408, `Subject '${name}' does not have subject-level compatibility configured`)
    },

    /** Answers under `compatibility`, where it is asked for under `compatibilityLevel`. */
    setLevel(name: string | undefined, body: Body): Reply {
      const level = String(body.compatibility)
      if (!LEVELS.includes(level)) return refusal(42_203, 'Invalid compatibility level')
      if (name === undefined) globalLevel = level
      else subjects.set(name, { ids: subjects.get(name)?.ids ?? [], level })
      return { status: 200, body: { compatibility: level } }
    },
  }
}

/** The status is in the code's first three digits. */
function refusal(code: number, message: string): Reply {
  return { status: Math.floor(code / 100), body: { error_code: code, message } }
}

function parseSchema(body: Body): Type | undefined {
  try {
    return avro.Type.forSchema(JSON.parse(String(body.schema)) as Schema)
  } catch {
    return undefined
  }
}

/** Spacing makes no difference, where it makes another schema at Apicurio 3.0.9. */
function isSame(text: string | undefined, other: unknown): boolean {
  return text !== undefined && JSON.stringify(JSON.parse(text)) === JSON.stringify(JSON.parse(String(other)))
}

function whyNot(reader: Type, writer: Type, why: string): readonly string[] {
  try {
    reader.createResolver(writer)
    return []
  } catch {
    return [why]
  }
}
