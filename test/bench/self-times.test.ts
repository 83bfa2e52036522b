import { expect, it } from 'vitest'
import { toSelfTimes } from './self-times.ts'

it('counts a function once for all its places in the call tree, and leaves idle time out', () => {
  const frame = (functionName: string) => ({ functionName, url: 'file:///a/b/c.ts', lineNumber: 6 })
  const nodes = [
    { id: 1, callFrame: { functionName: '(idle)', url: '', lineNumber: -1 } },
    { id: 2, callFrame: frame('hash') },
    { id: 3, callFrame: frame('hash') },
    { id: 4, callFrame: frame('') },
  ]
  expect(toSelfTimes({ nodes, samples: [1, 1, 1, 2, 3, 3, 4] })).toEqual([
    { where: 'hash b/c.ts:7', share: 0.75 },
    { where: '(anonymous) b/c.ts:7', share: 0.25 },
  ])
})
