import type { RoutedMessage } from './route-calls.ts'

const ABOUT_AS_LARGE = 0.9

/**
 * Divides a batch of which one record is to blame, though Kafka does not say which: the largest goes by itself, after those
 * before it and before those after it, so that order stays. What one call has for the partition stays together. Pure.
 */
export function divideAroundLargest(messages: readonly RoutedMessage[]): readonly (readonly RoutedMessage[])[] {
  const byCall = [...Map.groupBy(messages, ({ call }) => call).values()]
  const at = indexOfLargest(byCall)
  return [byCall.slice(0, at), byCall.slice(at, at + 1), byCall.slice(at + 1)]
    .filter((part) => part.length > 0)
    .map((part) => part.flat())
}

/** Of several that are about as large, the one nearest to the middle: halves are divided in few steps. */
function indexOfLargest(calls: readonly (readonly RoutedMessage[])[]): number {
  const sizes = calls.map((messages) => Math.max(0, ...messages.map(sizeOfMessage)))
  const least = Math.max(...sizes) * ABOUT_AS_LARGE
  const middle = (calls.length - 1) / 2
  const large = [...sizes.keys()].filter((at) => (sizes[at] ?? 0) >= least)
  return large.reduce((best, at) => (Math.abs(at - middle) < Math.abs(best - middle) ? at : best))
}

/** Bytes of a message's key, value and headers. */
export function sizeOfMessage({ message }: Pick<RoutedMessage, 'message'>): number {
  let bytes = message.value?.length ?? 0
  bytes += message.key?.length ?? 0
  for (const name in message.headers) bytes += name.length + (message.headers[name]?.length ?? 0)
  return bytes
}
