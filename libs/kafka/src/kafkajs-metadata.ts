import type { InnerBrokerPool, ProtocolRequest } from './kafkajs-connections.ts'

interface Metadata {
  readonly topicMetadata: readonly {
    readonly partitionMetadata: readonly { readonly partitionErrorCode: number }[]
  }[]
}

/**
 * Sees to it that metadata are read also where a partition has no leader: kafkajs would throw them away as a whole, and no
 * other partition of any topic could be read either. Such a partition is told with the leader -1. An error of a topic is
 * one of the request, as before.
 */
export function tolerateLeaderless({ connectionPoolBuilder }: Pick<InnerBrokerPool, 'connectionPoolBuilder'>): void {
  const build = connectionPoolBuilder.build.bind(connectionPoolBuilder)
  connectionPoolBuilder.build = async (to) => {
    const pool = await build(to)
    const send = pool.send.bind(pool)
    pool.send = (request) => send(request.request.apiName === 'Metadata' ? withoutPartitionErrors(request) : request)
    return pool
  }
}

function withoutPartitionErrors(request: ProtocolRequest): ProtocolRequest {
  const { decode, parse } = request.response
  return { ...request, response: { decode, parse: (data) => parse(clearPartitionErrors(data as Metadata)) } }
}

/** Pure. */
function clearPartitionErrors(metadata: Metadata): Metadata {
  const topicMetadata = metadata.topicMetadata.map((topic) => ({
    ...topic,
    partitionMetadata: topic.partitionMetadata.map((partition) => ({ ...partition, partitionErrorCode: 0 })),
  }))
  return { ...metadata, topicMetadata }
}
