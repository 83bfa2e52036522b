import { describe, expect, it } from 'vitest'
import { CallLife } from './call-life.ts'

const [first, second] = [new Error('first'), new Error('second')]

describe("a call's life", () => {
  it('aborts the signal that was asked for before its end, once', () => {
    const life = new CallLife(() => true)
    const { signal } = life
    expect([life.ended, signal.aborted]).toEqual([undefined, false])
    life.end(first)
    life.end(second)
    expect([life.ended, signal.reason, life.signal]).toEqual([first, first, signal])
  })

  it('gives an aborted signal to whoever asks after its end', () => {
    const life = new CallLife(() => true)
    life.end(first)
    expect([life.signal.aborted, life.signal.reason]).toEqual([true, first])
  })
})
