import { once } from 'node:events'
import { connect } from 'node:net'

const METADATA = 3
const VERSION = 1
const CORRELATION_ID = 7

/**
 * Asks a broker for its cluster's metadata, by the bytes of the protocol: no client, no retries, no log lines.
 *
 * A broker accepts connections before its controller lets it serve. It serves when it names itself in its answer.
 *
 * @param input.advertisedPort how it names itself
 * @throws when it does not answer, or does not yet count itself as alive
 */
export async function probeKafka(input: {
  readonly port: number
  readonly advertisedPort: number
  readonly signal: AbortSignal
}): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port: input.port, signal: input.signal })
  try {
    await once(socket, 'connect')
    socket.write(toMetadataRequest())
    let bytes = Buffer.alloc(0)
    for await (const chunk of socket) {
      bytes = Buffer.concat([bytes, chunk as Buffer])
      if (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) break
    }
    const ports = parseBrokerPorts(bytes)
    if (!ports.includes(input.advertisedPort)) throw new Error('the broker answers, but is not part of its cluster yet')
  } finally {
    socket.destroy()
  }
}

/** Size, header (api, version, correlation id, no client id) and an empty list of topics. */
export function toMetadataRequest(): Buffer {
  const request = Buffer.alloc(18)
  request.writeInt32BE(14, 0)
  request.writeInt16BE(METADATA, 4)
  request.writeInt16BE(VERSION, 6)
  request.writeInt32BE(CORRELATION_ID, 8)
  request.writeInt16BE(-1, 12)
  request.writeInt32BE(0, 14)
  return request
}

/**
 * The ports of the live brokers in a Metadata v1 response.
 *
 * @throws {RangeError} the bytes end too early
 */
export function parseBrokerPorts(response: Buffer): readonly number[] {
  if (response.length < 12 || response.readInt32BE(4) !== CORRELATION_ID) {
    throw new RangeError('this is no answer to the metadata request')
  }
  let at = 12
  const ports: number[] = []
  for (let left = response.readInt32BE(8); left > 0; left--) {
    at += 4 // node id
    at += 2 + response.readInt16BE(at) // host
    ports.push(response.readInt32BE(at))
    at += 4
    at += 2 + Math.max(0, response.readInt16BE(at)) // rack, null is -1
  }
  return ports
}
