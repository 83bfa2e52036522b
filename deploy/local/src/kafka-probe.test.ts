import { expect, it } from 'vitest'
import { parseBrokerPorts, toMetadataRequest } from './kafka-probe.ts'

it('asks for no topic in 18 bytes', () => {
  expect(toMetadataRequest().toString('hex')).toBe('0000000e0003000100000007ffff00000000')
})

it('reads the ports of live brokers, with and without a rack', () => {
  const host = `0009${Buffer.from('127.0.0.1').toString('hex')}`
  const body = `00000007 00000002 00000001${host}00004e20ffff 00000002${host}00004e2100026162 00000001 00000000`
  const bytes = Buffer.from(body.replaceAll(' ', ''), 'hex')
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes.length)
  expect(parseBrokerPorts(Buffer.concat([size, bytes]))).toEqual([20_000, 20_001])
})

it('counts no broker while the controller has let none serve', () => {
  expect(parseBrokerPorts(Buffer.from('000000100000000700000000ffffffff00000000', 'hex'))).toEqual([])
})

it('refuses an answer that ends too early or answers something else', () => {
  expect(() => parseBrokerPorts(Buffer.from('00000000', 'hex'))).toThrow(RangeError)
  expect(() => parseBrokerPorts(Buffer.from('000000080000000900000000', 'hex'))).toThrow(RangeError)
})
