import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Connection, internals } from './kafkajs-internals.fixture.ts'

const REQUEST_TIMEOUT_MS = 1_000

/** A socket whose other end is the test. */
class FakeSocket extends EventEmitter {
  /** What was written: the buffer itself, and its bytes at that moment. */
  readonly written: { readonly buffer: Buffer; readonly bytes: Buffer }[] = []
  destroyed = false
  /** Whether what is written leaves this machine at once. */
  flushes = true

  write(buffer: Buffer, _encoding: string, onWritten?: () => void): void {
    this.written.push({ buffer, bytes: Buffer.from(buffer) })
    if (this.flushes) onWritten?.()
  }

  destroy(): void {
    this.destroyed = true
  }

  end(): void {}
  unref(): void {}

  /** An answer of Kafka to the n-th request written: no topics, and a throttle time. */
  toAnswer(index: number): Buffer {
    const answer = Buffer.alloc(16)
    answer.writeInt32BE(12, 0)
    answer.writeInt32BE(this.written[index]?.bytes.readInt32BE(8) ?? -1, 4)
    return answer
  }
}

const logger = { namespace: () => logger, debug() {}, info() {}, warn() {}, error() {} }
let sockets: FakeSocket[]
let connection: Connection

async function connect(): Promise<FakeSocket> {
  await connection.connect()
  return sockets.at(-1) as FakeSocket
}

function send(value: string, acks = -1): Promise<unknown> {
  const topicData = [{ topic: 't', partitions: [{ partition: 0, messages: [{ value }] }] }]
  return connection.send({
    request: internals.produceV7({ acks, timeout: 100, topicData }),
    response: internals.produceV7Response,
  })
}

/** Sends and lets it be written; the promise comes wrapped, so that it is not awaited. */
async function sendOnly(value: string): Promise<{ readonly answered: Promise<unknown> }> {
  const answered = send(value)
  answered.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(0)
  return { answered }
}

/** Whether two requests were encoded in the same memory. */
function sameMemory(one: FakeSocket, first: number, other: FakeSocket, second: number): boolean {
  return one.written[first]?.buffer.buffer === other.written[second]?.buffer.buffer
}

/** Whether a request still reads as it was written. */
function intact(socket: FakeSocket, index: number): boolean {
  const request = socket.written[index]
  return request?.buffer.equals(request.bytes) ?? false
}

beforeEach(() => {
  vi.useFakeTimers()
  sockets = []
  connection = new internals.Connection({
    host: 'kafka',
    port: 9092,
    logger,
    clientId: 'test',
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: 1_000,
    socketFactory: ({ onConnect }) => {
      const socket = new FakeSocket()
      sockets.push(socket)
      queueMicrotask(onConnect)
      return socket as unknown as Socket
    },
  })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('the buffer of a request', () => {
  it('serves the next request once its own is answered', async () => {
    const socket = await connect()
    const { answered } = await sendOnly('first')
    socket.emit('data', socket.toAnswer(0))
    await answered
    await sendOnly('second')
    expect(sameMemory(socket, 0, socket, 1)).toBe(true)
  })

  it('serves nothing else while its request is unanswered', async () => {
    const socket = await connect()
    for (let index = 0; index < 20; index++) await sendOnly(`request ${index}`)
    socket.emit('data', socket.toAnswer(7))
    await vi.advanceTimersByTimeAsync(0)
    await sendOnly('after the answer to the eighth')
    expect(socket.written.map((_, index) => index).filter((index) => !intact(socket, index))).toEqual([7])
  })

  it('is dropped when no answer is asked for', async () => {
    const socket = await connect()
    await send('first', 0)
    await sendOnly('second')
    expect(sameMemory(socket, 0, socket, 1)).toBe(false)
    expect(intact(socket, 0)).toBe(true)
  })

  it('is dropped when an answer comes before the socket has taken all bytes', async () => {
    const socket = await connect()
    socket.flushes = false
    const { answered } = await sendOnly('first')
    socket.emit('data', socket.toAnswer(0))
    await answered
    await sendOnly('second')
    expect(intact(socket, 0)).toBe(true)
  })

  it('is dropped when the connection ends before the answer', async () => {
    const socket = await connect()
    const { answered } = await sendOnly('first')
    socket.emit('end')
    await expect(answered).rejects.toMatchObject({ name: 'KafkaJSConnectionClosedError' })
    await connect()
    for (let index = 0; index < 5; index++) await sendOnly('second')
    expect(intact(socket, 0)).toBe(true)
  })

  it('is dropped when its request timed out', async () => {
    const socket = await connect()
    const { answered } = await sendOnly('first')
    await vi.advanceTimersByTimeAsync(REQUEST_TIMEOUT_MS + 200)
    await expect(answered).rejects.toMatchObject({ name: 'KafkaJSRequestTimeoutError' })
    await connect()
    for (let index = 0; index < 5; index++) await sendOnly('second')
    expect(intact(socket, 0)).toBe(true)
  })
})

describe('a request without an answer in time', () => {
  it('breaks its connection, so that the next one goes over a fresh socket', async () => {
    const socket = await connect()
    await sendOnly('first')
    await vi.advanceTimersByTimeAsync(REQUEST_TIMEOUT_MS + 200)
    expect(socket.destroyed).toBe(true)
    expect(connection.isConnected()).toBe(false)

    const fresh = await connect()
    const { answered } = await sendOnly('second')
    fresh.emit('data', fresh.toAnswer(0))
    await answered
    expect(sockets).toHaveLength(2)
  })

  it('fails what waits behind it, instead of letting that time out too', async () => {
    await connect()
    await sendOnly('first')
    await vi.advanceTimersByTimeAsync(REQUEST_TIMEOUT_MS / 2)
    const { answered } = await sendOnly('behind')
    await vi.advanceTimersByTimeAsync(REQUEST_TIMEOUT_MS / 2 + 200)
    await expect(answered).rejects.toMatchObject({ name: 'KafkaJSConnectionClosedError', retriable: true })
  })

  it('ends a disconnect that waits for it', async () => {
    const socket = await connect()
    await sendOnly('first')
    const disconnected = connection.disconnect()
    await vi.advanceTimersByTimeAsync(REQUEST_TIMEOUT_MS + 200)
    await disconnected
    expect(socket.destroyed).toBe(true)
  })
})

describe('a socket that breaks in the middle of an answer', () => {
  it('leaves nothing behind that its successor would read as an answer', async () => {
    const socket = await connect()
    const { answered } = await sendOnly('first')
    socket.emit('data', socket.toAnswer(0).subarray(0, 9))
    socket.emit('error', new Error('reset'))
    await expect(answered).rejects.toMatchObject({ name: 'KafkaJSConnectionError' })

    const fresh = await connect()
    const second = await sendOnly('second')
    fresh.emit('data', fresh.toAnswer(0))
    await expect(second.answered).resolves.toMatchObject({ topics: [] })
  })
})
