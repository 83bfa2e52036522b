import type { Registry, WriterSchema } from './registry-client.ts'

/** Ids are Java's int at every registry; a larger one in a frame is no id, whatever else it is. */
const MAX_SCHEMA_ID = 2 ** 31 - 1

/** Time as the registry's client sees it. */
export interface RegistryClock {
  /** Any clock that only goes forward. */
  nowMs(): number
  delay(ms: number): Promise<void>
}

interface Asked {
  readonly answer: Promise<WriterSchema | undefined>
  /** When the answer is asked for again. */
  untilMs: number
}

/**
 * Remembers schemas by id: each is asked for once, however many ask at the same time. An id never changes its meaning,
 * so a "yes" holds for good.
 *
 * A "no" puts good bytes into quarantine when it is wrong, and a replica of the registry that lags says no to what was
 * registered a moment ago. So it is asked for twice, `confirmMs` apart, and then holds for `unknownMs`.
 * @param options.maxSchemas ids that are remembered; the oldest goes first
 */
export function rememberSchemas(
  registry: Registry,
  options: {
    readonly maxSchemas: number
    readonly confirmMs: number
    readonly unknownMs: number
    readonly clock: RegistryClock
  },
): Registry {
  const { clock, confirmMs, maxSchemas, unknownMs } = options
  const asked = new Map<number, Asked>()

  async function askTwice(id: number): Promise<WriterSchema | undefined> {
    const first = await registry.schemaById(id)
    if (first !== undefined) return first
    await clock.delay(confirmMs)
    return registry.schemaById(id)
  }

  return {
    idOfSchema: registry.idOfSchema,
    schemaById(id) {
      if (id > MAX_SCHEMA_ID) return Promise.resolve(undefined)
      const known = asked.get(id)
      if (known !== undefined && clock.nowMs() < known.untilMs) return known.answer
      asked.delete(id)
      const entry: Asked = { answer: askTwice(id), untilMs: Number.POSITIVE_INFINITY }
      asked.set(id, entry)
      const oldest = asked.keys().next().value
      if (asked.size > maxSchemas && oldest !== undefined) asked.delete(oldest)
      entry.answer.then(
        (schema) => {
          if (schema === undefined) entry.untilMs = clock.nowMs() + unknownMs
        },
        // An outage is not remembered.
        () => asked.get(id) === entry && asked.delete(id),
      )
      return entry.answer
    },
  }
}
