import type { Admin } from 'kafkajs'
import { createKafka, type KafkaConnection } from './create-kafka.ts'
import { fetchMinInsync, findTopicProblems, type MinInsyncReplicas } from './find-topic-problems.ts'
import { classifyKafkaError, KafkaUnavailableError } from './kafka-errors.ts'

/** An answer this young is given again, ms: probes come often and from several places. */
const FRESH_MS = 2_000
/** A cluster that has not answered by then is away, ms. */
const TIMEOUT_MS = 1_500
/** By then a probe is told what was found last, ms: it waits for a second unless it is told otherwise. */
const SOON_MS = 800
/** How many copies a topic asks for is asked again after this, ms. */
const MIN_INSYNC_FOR_MS = 60_000

/** Asks a cluster what its problem is; undefined: none. @throws {KafkaUnavailableError} it did not answer */
export type AskCluster = () => Promise<string | undefined>

/**
 * Creates a readiness check that asks the cluster itself, and is answered soon.
 *
 * It does not look at traffic: a service that is out of rotation has none, and must notice that Kafka is back.
 * Who gets no answer asks once more, since that was one broker of several.
 */
export function createClusterCheck(ask: AskCluster): () => Promise<string | undefined> {
  let askedAt = Number.NEGATIVE_INFINITY
  let isAsking = false
  let answer: Promise<string | undefined> = Promise.resolve(undefined)
  /** What was found last. */
  let found: { readonly problem: string | undefined } | undefined

  async function askAgain(): Promise<string | undefined> {
    const problem = await ask()
      .catch(ask)
      .catch((error: unknown) => classifyKafkaError(error).message)
    found = { problem }
    isAsking = false
    return problem
  }

  return () => {
    // A monotonic clock: the wall clock may be set back.
    const now = performance.now()
    if (!isAsking && now - askedAt > FRESH_MS) {
      isAsking = true
      askedAt = now
      answer = askAgain()
    }
    const current = answer
    return found === undefined ? current : Promise.race([current, after(SOON_MS, () => found?.problem)])
  }
}

/**
 * Creates what asks a cluster, over a connection of its own: does it answer, and do our topics exist, with leaders and with
 * enough copies in sync for a write?
 *
 * @param input.topics as the cluster knows them
 */
export function createClusterAsker(
  connection: KafkaConnection,
  input: { readonly topics: readonly string[] },
): AskCluster {
  /** Kept from one question to the next, so that one costs one round trip; thrown away when it fails. */
  let connected: Promise<Admin> | undefined
  let opened = 0
  let minInsync: Promise<MinInsyncReplicas> = Promise.resolve(new Map())
  let minInsyncUntilMs = 0

  async function findProblems(current: Promise<Admin>): Promise<string | undefined> {
    const admin = await current
    const known = await minInsync
    if (performance.now() > minInsyncUntilMs || input.topics.some((topic) => !known.has(topic))) {
      // Not waited for: on a long line one question after the other would take too long.
      minInsync = fetchMinInsync(admin, input.topics)
      minInsyncUntilMs = performance.now() + MIN_INSYNC_FOR_MS
    }
    const problems = await findTopicProblems(admin, input.topics, minInsync)
    // What is asked for may be the problem, and be changed.
    if (problems.size > 0) minInsyncUntilMs = 0
    return describeProblems(problems)
  }

  return async () => {
    if (connected === undefined) {
      connected = connect(connection, opened)
      opened += 1
    }
    const current = connected
    try {
      return await Promise.race([findProblems(current), after(TIMEOUT_MS, noAnswer)])
    } catch (error) {
      if (connected === current) connected = undefined
      void current.then((admin) => admin.disconnect()).catch(() => undefined)
      throw classifyKafkaError(error)
    }
  }
}

function noAnswer(): never {
  throw new KafkaUnavailableError(`no answer in ${TIMEOUT_MS} ms`)
}

async function connect(connection: KafkaConnection, startAt: number): Promise<Admin> {
  const admin = createKafka(connection, { requestTimeoutMs: TIMEOUT_MS, retry: { retries: 0 }, startAt }).admin()
  await admin.connect()
  return admin
}

/** One line for people; undefined when there is no problem. Pure. */
export function describeProblems(problems: ReadonlyMap<string, string>): string | undefined {
  if (problems.size === 0) return undefined
  return [...problems]
    .map(([topic, problem]) =>
      problem === 'UNKNOWN_TOPIC_OR_PARTITION'
        ? `topic ${topic} is missing: run \`murmur topics apply\``
        : `topic ${topic}: ${problem}`,
    )
    .join('; ')
}

function after<T>(ms: number, say: () => T): Promise<T> {
  return new Promise<void>((resolve) => {
    setTimeout(resolve, ms).unref()
  }).then(say)
}
