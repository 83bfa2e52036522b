import { RecordCorruptError } from './avro-errors.ts'

const MAGIC = 0
/** Length of the frame's head: magic byte 0, then the schema id as 32 bits, big-endian. */
export const HEADER_BYTES = 5

/** A Kafka value taken apart: Confluent's wire format. */
export interface Frame {
  readonly schemaId: number
  /** Avro binary; a view on the value, not a copy. */
  readonly payload: Buffer
}

/** Takes a value apart. @throws {RecordCorruptError} when it is no frame: null, too short, another magic byte */
export function parseFrame(value: Buffer | null): Frame {
  assertFrame(value)
  return { schemaId: schemaIdOf(value), payload: value.subarray(HEADER_BYTES) }
}

/** Makes sure that a value has a frame's head. @throws {RecordCorruptError} as `parseFrame` */
export function assertFrame(value: Buffer | null): asserts value is Buffer {
  if (value === null) throw new RecordCorruptError('the value is null')
  if (value.length < HEADER_BYTES) throw new RecordCorruptError(`${value.length} bytes are too short for a frame`)
  if (value[0] !== MAGIC) throw new RecordCorruptError(`magic byte is ${value[0]}, not 0`)
}

/** The schema id of a frame. */
export function schemaIdOf(frame: Buffer): number {
  return frame.readUInt32BE(1)
}

/** Writes the frame's head into the first five bytes of a value. */
export function writeFrameHeader(value: Buffer, schemaId: number): void {
  value[0] = MAGIC
  value.writeUInt32BE(schemaId, 1)
}
