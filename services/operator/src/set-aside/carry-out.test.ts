import type { OutboundRecord, PublishReceipt } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import { carryOut, type Step } from './carry-out.ts'
import { RETRY } from './set-aside.fixture.ts'

const receipt: PublishReceipt = { endOf: () => undefined }

function givenStep(name: string, bytes = 1): Step {
  const said = { actor: 'olga', reason: 'mended', occurredAt: 0, subject: name, details: null }
  return {
    operation: { eventId: name, type: 'operation.redrive', ...said },
    record: {
      kind: 'moved',
      topic: RETRY,
      partition: 0,
      key: Buffer.from(name),
      value: Buffer.alloc(bytes),
      headers: {},
    },
  }
}

/** Requests as they were sent: `!a` is the operation of step a, `a` its record. */
function givenKafka(refuses: (request: string) => boolean = () => false) {
  const requests: string[] = []
  const publish = async (records: readonly OutboundRecord[]) => {
    const request = records.map((sent) => (sent.kind === 'event' ? `!${sent.key}` : String(sent.key))).join(' ')
    requests.push(request)
    if (refuses(request)) throw new Error('refused')
    return receipt
  }
  return { requests, publish }
}

describe('carryOut', () => {
  it('writes the records only when their operations are acknowledged', async () => {
    const { requests, publish } = givenKafka()
    const done: number[] = []
    await carryOut([givenStep('a'), givenStep('b')], { publish, onDone: (count) => done.push(count) })
    expect([requests, done]).toEqual([['!a !b', 'a b'], [2]])
  })

  it('writes no record when its operation could not be recorded', async () => {
    const { requests, publish } = givenKafka((request) => request.startsWith('!'))
    await expect(carryOut([givenStep('a')], { publish, onDone: () => undefined })).rejects.toThrow('refused')
    expect(requests).toEqual(['!a'])
  })

  it('goes in portions of a hundred and of half a megabyte, in order', async () => {
    const { requests, publish } = givenKafka()
    const many = Array.from({ length: 150 }, (_, index) => givenStep(`s${index}`))
    const done: number[] = []
    await carryOut([...many, givenStep('large', 600_000), givenStep('last')], {
      publish,
      onDone: (count) => done.push(count),
    })
    expect(done).toEqual([100, 150, 151, 152])
    const sent = requests.filter((request) => !request.startsWith('!')).flatMap((request) => request.split(' '))
    expect(sent).toEqual([...many.map((_, index) => `s${index}`), 'large', 'last'])
  })

  it('records nothing again where it was recorded before', async () => {
    const { requests, publish } = givenKafka()
    await carryOut([{ ...givenStep('a'), operation: undefined }], { publish, onDone: () => undefined })
    expect(requests).toEqual(['a'])
  })
})
