import { describe, expect, it } from 'vitest'
import { createShareRequest, decodeShared, encodeShared, findUnshared, toKnown } from './shared-counts.ts'

const main = (partitions: number) => ({ topic: 'main', partitions })
const other = { topic: 'other', partitions: 1 }

describe('findUnshared', () => {
  it.each([
    ['all was shared out', [main(2)], [main(2)], []],
    ['the leader knows of more', [main(2)], [main(3), other], []],
    ['a topic has grown', [main(6), other], [main(2), other], ['main']],
    ['a release reads one more topic', [main(2), other], [main(2)], ['other']],
  ])('%s', (_, own, shared, unshared) => {
    expect(findUnshared(own, decodeShared(encodeShared(shared)))).toEqual(unshared)
  })

  it.each([[null], [Buffer.alloc(0)], [Buffer.from('something else')]])(
    'takes what a leader does not say for nothing',
    (said) => {
      expect(findUnshared([main(1)], decodeShared(said))).toEqual(['main'])
    },
  )
})

describe('toKnown', () => {
  it('takes the larger count of each topic: what was shared out already is no growth when it is heard of later', () => {
    expect(toKnown([main(2), other], new Map([['main', 6]]))).toEqual([main(6), other])
    expect(toKnown([main(2)], undefined)).toEqual([main(2)])
  })
})

describe('createShareRequest', () => {
  it('asks once for what a member knows of, each time with another nonce', () => {
    const nonces = ['n1', 'n2'].values()
    const request = createShareRequest(() => nonces.next().value ?? 'none')
    expect(request.nonce()).toBeUndefined()
    expect([request.admits([main(2)]), request.nonce()]).toEqual([true, 'n1'])
    expect([request.admits([main(2)]), request.nonce()]).toEqual([false, 'n1'])
    expect([request.admits([main(3)]), request.nonce()]).toEqual([true, 'n2'])
  })
})
