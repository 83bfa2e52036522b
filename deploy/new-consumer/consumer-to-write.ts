import { type RecordName, recordNames } from '@murmuration/schemas'

/** The consumer that is asked for. */
export interface ConsumerToWrite {
  /** Its service, folder and consumer group. */
  readonly name: string
  /** What it reads. */
  readonly record: RecordName
}

/** The request can't be carried out. The message is for the person at the terminal; nothing was changed. */
export class NewConsumerError extends Error {
  override readonly name = 'NewConsumerError'
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const MAX_NAME = 40

/**
 * Checks what the command line asks for.
 *
 * @param taken names of packages and services that there are
 * @throws {NewConsumerError}
 */
export function parseConsumer(
  { name, record }: { readonly name: string; readonly record: string },
  taken: readonly string[],
): ConsumerToWrite {
  if (!NAME.test(name) || name.length > MAX_NAME) {
    throw new NewConsumerError(
      `${JSON.stringify(name)} is no name: up to ${MAX_NAME} of a-z, 0-9 and single -, a letter first`,
    )
  }
  if (taken.includes(name)) throw new NewConsumerError(`there is a package @murmuration/${name} already`)
  const known = recordNames.find((one) => one === record)
  if (known === undefined) throw new NewConsumerError(`no record ${record}; there are ${recordNames.join(', ')}`)
  return { name, record: known }
}
