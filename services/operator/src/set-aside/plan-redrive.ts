import { toRedriveRecord } from '@murmuration/consumer'
import { type Authority, anotherRedriveId, redriveIdOf, toOperation } from './operation.ts'
import type { Plan } from './plan-parked.ts'
import type { DeadLetter } from './set-aside-record.ts'

/** What planning needs to know of the retry topics. */
export interface RedrivePlanInput extends Authority {
  /** Also letters that were put back before. */
  readonly again: boolean
  readonly newId: () => string
  /** The retry topic of a letter, as the cluster knows it. */
  readonly retryTopicOf: (letter: DeadLetter) => string
  /** Where the retry partition of a letter ended before anything was read of it. */
  readonly retryEndOf: (letter: DeadLetter) => number
}

/** Plans to put dead letters back, in their order. A letter that waits in the retry topic is never put there twice. */
export function planRedrive(chosen: readonly DeadLetter[], input: RedrivePlanInput): Plan<DeadLetter> {
  const looked = chosen.map((letter) => planOne(letter, input))
  return {
    steps: looked.flatMap((found) => (typeof found.as === 'string' ? [] : [found.as])),
    skipped: looked.flatMap(({ letter, as }) => (typeof as === 'string' ? [{ record: letter, why: as }] : [])),
  }
}

/** One letter: what is to be done, or why nothing is. */
function planOne(letter: DeadLetter, input: RedrivePlanInput) {
  const { state, redrivenBy } = letter
  const { again, newId, retryTopicOf, retryEndOf, ...authority } = input
  if (state === 'copy') return { letter, as: 'is a copy of a letter before it' }
  if (state === 'waiting') return { letter, as: 'was put back, and waits in the retry topic' }
  if (state === 'redriven' && !again)
    return { letter, as: `was put back before${byWhom(letter)}; --again does it once more` }
  const id = redrivenBy === undefined ? redriveIdOf(letter) : idOfNext(letter, redrivenBy.eventId, newId)
  const record = toRedriveRecord(letter.record, { retryTopic: retryTopicOf(letter), operationId: id })
  if (record === undefined) return { letter, as: 'its headers can not be read: it would be set aside again' }
  const details = { deadLetter: letter.record.offset, retryEnd: retryEndOf(letter) }
  const operation = toOperation(letter, { ...authority, eventId: id, type: 'operation.redrive', details })
  return { letter, as: { about: letter, id, operation: state === 'unfinished' ? undefined : operation, record } }
}

function byWhom({ redrivenBy }: DeadLetter): string {
  return redrivenBy === undefined ? '' : ` by ${redrivenBy.actor}, ${new Date(redrivenBy.occurredAt).toISOString()}`
}

/** What was only recorded is carried out under its own id; what was put back gets another one. */
function idOfNext(letter: DeadLetter, recorded: string, newId: () => string): string {
  return letter.state === 'unfinished' ? recorded : anotherRedriveId(letter, newId())
}
