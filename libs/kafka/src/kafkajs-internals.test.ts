import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { internals, kafkajsPath } from './kafkajs-internals.fixture.ts'

const WHAT_TO_DO = 'carry libs/kafka/patches over to the installed kafkajs: docs/adr/0007-kafkajs-produce-path.md'

/** What the patch changes, and what it relies upon without changing it. */
const HOOKS = [
  ['src/protocol/requests/produce/v3/request.js', 'encode: async headerBytes =>', 'a request is encoded in one pass'],
  ['src/protocol/requests/produce/v4/request.js', "require('../v3/request')", 'version 4 wraps version 3'],
  ['src/protocol/requests/produce/v5/request.js', 'requestV3(', 'version 5 wraps version 3'],
  ['src/protocol/requests/produce/v6/request.js', 'requestV5(', 'version 6 wraps version 5'],
  ['src/protocol/requests/produce/v7/request.js', 'requestV6(', 'version 7 wraps version 6'],
  ['src/protocol/request.js', 'payload instanceof Writer', 'the header is written into the room before the batches'],
  ['src/network/connection.js', 'requestPayload.release()', 'an answered request gives its buffer back'],
  ['src/network/connection.js', 'this.abandon(socket)', 'a request that timed out breaks its connection'],
  [
    'src/network/connection.js',
    'this.chunks = []\n      this.bytesBuffered = 0',
    'a fresh socket begins with no bytes',
  ],
  ['src/network/requestQueue/index.js', 'if (scheduleAt > 0) {', 'an idle connection does not wake up'],
] as const

describe('the patch of kafkajs', () => {
  it('is for the version that is installed', () => {
    expect(internals.version, WHAT_TO_DO).toBe('2.2.4')
  })

  it.each(HOOKS)('%s has %j: %s', (file, text, what) => {
    expect(readFileSync(kafkajsPath(file), 'utf8').includes(text), `no longer so: ${what}; ${WHAT_TO_DO}`).toBe(true)
  })

  it('reaches every version of the Produce request that a current broker speaks', () => {
    const produce = readFileSync(kafkajsPath('src/protocol/requests/produce/index.js'), 'utf8')
    const versions = [...produce.matchAll(/^ {2}(\d+): /gm)].map((match) => Number(match[1]))
    expect(versions, WHAT_TO_DO).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })
})
