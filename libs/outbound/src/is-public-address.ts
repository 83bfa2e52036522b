import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Whether an IP literal belongs to the public internet.
 *
 * Refused: private, loopback, link-local (cloud metadata), carrier-grade NAT, multicast, reserved and documentation
 * ranges, and every IPv6 form that carries an IPv4 address (mapped, compatible, 6to4, Teredo, NAT64), since a host
 * could hide a private one in it. What is not an IP literal is not public.
 *
 * @param address canonical text, as DNS and the URL parser give it; no brackets, no zone
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return ipaddr.IPv4.parse(address).range() === 'unicast'
  if (family !== 6 || address.includes('%')) return false
  const parsed = ipaddr.IPv6.parse(address)
  return parsed.range() === 'unicast' && parsed.match(GLOBAL_UNICAST_V6)
}
