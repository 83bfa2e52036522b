import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isPublicAddress } from './is-public-address.ts'
import { OutboundRefusedError } from './outbound-errors.ts'

/**
 * Wraps a DNS lookup so that a socket never connects to an address that is not public.
 *
 * The socket connects to exactly the addresses that are checked here, so a name that answers differently the second
 * time (DNS rebinding) gains nothing. One private address among public ones refuses the name as a whole.
 */
export function guardLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, answer) => {
      if (error !== null) return callback(error, '', 0)
      const addresses = toAddresses(answer)
      const first = addresses[0]
      if (first === undefined || !addresses.every((entry) => isPublicAddress(entry.address))) {
        return callback(new OutboundRefusedError({ reason: 'private-address', host: hostname }), '', 0)
      }
      if (options.all === true) callback(null, [...addresses])
      else callback(null, first.address, first.family)
    })
  }
}

function toAddresses(answer: string | LookupAddress[]): readonly LookupAddress[] {
  return typeof answer === 'string' ? [{ address: answer, family: answer.includes(':') ? 6 : 4 }] : answer
}
