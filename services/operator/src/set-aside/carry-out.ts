import type { MovedRecord, Publisher } from '@murmuration/kafka'
import type { Operation } from '@murmuration/schemas'

/** One thing to do: what is recorded of it, and the record of the retry topic that does it. */
export interface Step {
  /** Undefined: it was recorded before. */
  readonly operation: Operation | undefined
  readonly record: MovedRecord
}

/** What goes in one request at most; a record that is larger goes alone. */
const MAX_STEPS = 100
const MAX_BYTES = 500_000

/**
 * Carries out steps in their order: first Kafka acknowledges their operations, then their records are written.
 *
 * @throws what `publish` throws; the steps of which `onDone` was not told may be recorded, or done
 */
export async function carryOut(
  steps: readonly Step[],
  { publish, onDone }: { readonly publish: Publisher['publish']; readonly onDone: (done: number) => void },
): Promise<void> {
  let done = 0
  for (const portion of toPortions(steps)) {
    const operations = portion.flatMap(({ operation }) => operation ?? [])
    if (operations.length > 0) {
      await publish(
        operations.map((event) => ({ kind: 'event', record: 'operation', key: event.subject, event }) as const),
      )
    }
    await publish(portion.map(({ record }) => record))
    done += portion.length
    onDone(done)
  }
}

function toPortions(steps: readonly Step[]): readonly (readonly Step[])[] {
  const portions: Step[][] = []
  let bytes = 0
  for (const step of steps) {
    const size = step.record.value?.length ?? 0
    const last = portions.at(-1)
    if (last === undefined || last.length >= MAX_STEPS || bytes + size > MAX_BYTES) {
      portions.push([step])
      bytes = size
    } else {
      last.push(step)
      bytes += size
    }
  }
  return portions
}
