import type { Kafka } from 'kafkajs'
import { classifyKafkaError } from './kafka-errors.ts'

/** An answer this young is given again, ms: probes come often and from several places. */
const FRESH_MS = 2_000
/** A cluster that has not answered by then is away, ms. */
const TIMEOUT_MS = 1_500

/**
 * Creates a readiness check that asks the cluster itself, over a connection of its own.
 *
 * It does not look at traffic: a service that is out of rotation has none, and must notice that Kafka is back.
 */
export function createClusterCheck(kafka: Kafka): () => Promise<string | undefined> {
  let askedAt = Number.NEGATIVE_INFINITY
  let answer: Promise<string | undefined> = Promise.resolve(undefined)
  return () => {
    // A monotonic clock: the wall clock may be set back.
    const now = performance.now()
    if (now - askedAt > FRESH_MS) {
      askedAt = now
      answer = Promise.race([describe(kafka), timeout()])
    }
    return answer
  }
}

async function describe(kafka: Kafka): Promise<string | undefined> {
  const admin = kafka.admin({ retry: { retries: 0 } })
  try {
    await admin.connect()
    await admin.describeCluster()
    return undefined
  } catch (error) {
    return classifyKafkaError(error).message
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}

function timeout(): Promise<string> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(`no answer in ${TIMEOUT_MS} ms`), TIMEOUT_MS).unref()
  })
}
