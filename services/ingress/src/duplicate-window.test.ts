import { describe, expect, it } from 'vitest'
import { createDuplicateWindow } from './duplicate-window.ts'

type Made = { readonly kind: 'new' | 'revision'; confirm(bodyId?: string): void; release(error: unknown): void }

function claimNew(window: ReturnType<typeof createDuplicateWindow>, eventId: string, hash = 'a'): Made {
  const claim = window.claim(eventId, hash)
  if (claim.kind === 'duplicate') throw new Error(`${eventId} is a duplicate`)
  return claim
}

describe('createDuplicateWindow', () => {
  it('calls an event new once, and the same content a duplicate afterwards', () => {
    const window = createDuplicateWindow({ maxEvents: 10 })
    claimNew(window, 'e1').confirm()
    expect(window.claim('e1', 'a').kind).toBe('duplicate')
    expect(window.size()).toBe(1)
  })

  it('calls the same id with other content a revision, and remembers both contents', () => {
    const window = createDuplicateWindow({ maxEvents: 10 })
    claimNew(window, 'e1', 'a').confirm()
    const revision = claimNew(window, 'e1', 'b')
    expect(revision.kind).toBe('revision')
    revision.confirm()
    expect([window.claim('e1', 'a').kind, window.claim('e1', 'b').kind]).toEqual(['duplicate', 'duplicate'])
  })

  it('lets an event through again when its claim was released', () => {
    const window = createDuplicateWindow({ maxEvents: 10 })
    claimNew(window, 'e1').release(new Error('not acknowledged'))
    expect(window.size()).toBe(0)
    expect(claimNew(window, 'e1').kind).toBe('new')
  })

  it('forgets only the released content of an event', () => {
    const window = createDuplicateWindow({ maxEvents: 10 })
    claimNew(window, 'e1', 'a').confirm()
    claimNew(window, 'e1', 'b').release(new Error('not acknowledged'))
    expect([window.claim('e1', 'a').kind, window.claim('e1', 'b').kind]).toEqual(['duplicate', 'revision'])
  })

  it('lets a duplicate in flight share the success of the first', async () => {
    const window = createDuplicateWindow({ maxEvents: 10 })
    const first = claimNew(window, 'e1')
    const duplicate = window.claim('e1', 'a')
    if (duplicate.kind !== 'duplicate') throw new Error('not a duplicate')
    let settled = false
    const published = duplicate.published.then(() => {
      settled = true
    })
    await Promise.resolve()
    expect(settled).toBe(false)
    first.confirm()
    await published
    expect(settled).toBe(true)
  })

  it('lets a duplicate in flight share the failure of the first', async () => {
    const window = createDuplicateWindow({ maxEvents: 10 })
    const first = claimNew(window, 'e1')
    const duplicate = window.claim('e1', 'a')
    if (duplicate.kind !== 'duplicate') throw new Error('not a duplicate')
    const failure = new Error('not acknowledged')
    first.release(failure)
    await expect(duplicate.published).rejects.toBe(failure)
  })

  it('leaves no rejection unhandled when a duplicate has not come to wait yet', async () => {
    const unhandled: unknown[] = []
    const listen = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', listen)
    try {
      const window = createDuplicateWindow({ maxEvents: 10 })
      const first = claimNew(window, 'e1')
      expect(window.claim('e1', 'a').kind).toBe('duplicate')
      first.release(new Error('not acknowledged'))
      await new Promise((resolve) => setImmediate(resolve))
      expect(unhandled).toEqual([])
    } finally {
      process.off('unhandledRejection', listen)
    }
  })

  it('remembers no more events than its bound; the oldest goes first', () => {
    const window = createDuplicateWindow({ maxEvents: 2 })
    for (const id of ['e1', 'e2', 'e3']) claimNew(window, id).confirm()
    expect(window.size()).toBe(2)
    expect([window.claim('e3', 'a').kind, window.claim('e2', 'a').kind]).toEqual(['duplicate', 'duplicate'])
    expect(window.claim('e1', 'a').kind).toBe('new')
  })

  it('counts every content of an event, and keeps the latest', () => {
    const window = createDuplicateWindow({ maxEvents: 10 })
    for (let content = 0; content < 1_000; content += 1) claimNew(window, 'e1', String(content)).confirm()
    expect(window.size()).toBe(10)
    expect(window.claim('e1', '999').kind).toBe('duplicate')
    expect(window.claim('e1', '0').kind).toBe('revision')
  })

  it('calls other content of an event in flight a revision', () => {
    const window = createDuplicateWindow({ maxEvents: 10 })
    claimNew(window, 'e1', 'a')
    expect(window.claim('e1', 'b').kind).toBe('revision')
  })

  it('keeps an event in flight, however many were published meanwhile', () => {
    const window = createDuplicateWindow({ maxEvents: 2 })
    claimNew(window, 'slow')
    for (const id of ['e1', 'e2', 'e3']) claimNew(window, id).confirm()
    expect(window.claim('slow', 'a').kind).toBe('duplicate')
  })

  it('remembers the bytes that an event came in first, and says so once it is published', async () => {
    const window = createDuplicateWindow({ maxEvents: 10 })
    const first = claimNew(window, 'e1', 'a')
    const inFlight = window.claim('e1', 'a')
    if (inFlight.kind !== 'duplicate') throw new Error('not a duplicate')
    expect(inFlight.cameIn('body 1')).toBe(false)
    first.confirm('body 1')
    await inFlight.published
    claimNew(window, 'e1', 'b').confirm('body 2')
    const later = window.claim('e1', 'b')
    if (later.kind !== 'duplicate') throw new Error('not a duplicate')
    expect(['body 1', 'body 2'].map(inFlight.cameIn)).toEqual([true, false])
    expect(['body 1', 'body 2'].map(later.cameIn)).toEqual([false, true])
  })

  it('remembers as many bodies beside the events, without contents', () => {
    const window = createDuplicateWindow({ maxEvents: 2 })
    for (const id of ['b1', 'b2', 'b3']) {
      const claim = window.claimBody(id)
      expect(claim.kind).toBe('new')
      if (claim.kind !== 'duplicate') claim.confirm()
    }
    for (const id of ['e1', 'e2']) claimNew(window, id).confirm()
    expect(['b1', 'b2', 'b3'].map((id) => window.claimBody(id).kind)).toEqual(['new', 'duplicate', 'duplicate'])
  })

  it('remembers as many quarantined bodies, each once, however often it comes', () => {
    const window = createDuplicateWindow({ maxEvents: 2 })
    for (const id of ['q1', 'q2', 'q2', 'q2']) window.addQuarantined(id)
    expect(['q1', 'q2', 'q3'].map(window.isQuarantined)).toEqual([true, true, false])
    window.addQuarantined('q3')
    expect(['q1', 'q2', 'q3'].map(window.isQuarantined)).toEqual([false, true, true])
  })

  it('remembers nothing with a bound of 0, and still confirms and releases', () => {
    const window = createDuplicateWindow({ maxEvents: 0 })
    claimNew(window, 'e1').confirm()
    claimNew(window, 'e1').release(new Error('not acknowledged'))
    expect(window.size()).toBe(0)
  })
})
