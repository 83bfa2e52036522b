import { ConfigInvalidError } from '@murmuration/config'
import type { Order } from '@murmuration/consumer'
import type { TopicNames } from '@murmuration/kafka'
import { consumers, entryOfGroup } from '@murmuration/schemas'

/** A topic that a consumer reads, with what it sets aside of it. Names as the cluster knows them, but for `topic`. */
export interface Lane {
  /** Consumer group, as the catalog names it. */
  readonly consumer: string
  readonly order: Order
  /** As the catalog names it. */
  readonly topic: string
  readonly mainTopic: string
  readonly retryTopic: string
  readonly deadLetterTopic: string
}

/** Consumers that set records aside, as the catalog has them. */
export const settingAside: readonly string[] = Object.values(consumers)
  .flat()
  .flatMap(({ id, onFailure }) => (onFailure === 'stop' ? [] : [id]))

/**
 * The lanes of a consumer; of all that set records aside where none is named.
 *
 * @throws {ConfigInvalidError} the catalog has none of that name, or it sets nothing aside
 */
export function chooseLanes(consumer: string | undefined, names: TopicNames): readonly Lane[] {
  if (consumer !== undefined && !settingAside.includes(consumer)) {
    const why = entryOfGroup(consumer) === undefined ? 'is no consumer of the catalog' : 'sets nothing aside: it stops'
    throw new ConfigInvalidError([`--consumer ${consumer}: ${why}. There are: ${settingAside.join(', ')}`])
  }
  return (consumer === undefined ? settingAside : [consumer]).flatMap((id) => toLanes(id, names))
}

function toLanes(consumer: string, names: TopicNames): readonly Lane[] {
  const { order = 'key', topics = [] } = entryOfGroup(consumer) ?? {}
  return topics.map((topic) => ({
    consumer,
    order,
    topic,
    mainTopic: names.topic(topic),
    retryTopic: names.retry(topic, consumer),
    deadLetterTopic: names.deadLetter(topic, consumer),
  }))
}
