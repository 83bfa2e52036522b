import { describe, expect, it } from 'vitest'
import { assertNever, describeError, errorCodeOf, errorLogFields, PipelineError } from './pipeline-error.ts'

class TiredError extends PipelineError {
  readonly code = 'MUR_OUTBOUND_FAILED'
  readonly disposition = 'retry'
}

describe('PipelineError', () => {
  it('is named after its class and keeps the foreign error as its cause', () => {
    const cause = new Error('socket hang up')
    const error = new TiredError('no answer', { cause })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'TiredError', message: 'no answer', cause })
  })
})

describe('errorCodeOf', () => {
  it('gives the code of ours, and MUR_UNCLASSIFIED for everything else that can be thrown', () => {
    expect(errorCodeOf(new TiredError('x'))).toBe('MUR_OUTBOUND_FAILED')
    for (const thrown of [new Error('x'), 'text', null, undefined, { code: 'MUR_OUTBOUND_FAILED' }])
      expect(errorCodeOf(thrown)).toBe('MUR_UNCLASSIFIED')
  })
})

describe('describeError', () => {
  it('joins the message and that of the cause', () => {
    expect(describeError(new TiredError('no answer', { cause: new Error('ECONNRESET') }))).toBe('no answer: ECONNRESET')
    expect(describeError(new TiredError('no answer', { cause: new Error('') }))).toBe('no answer')
    expect(describeError(new TiredError('no answer', { cause: 'text' }))).toBe('no answer')
  })

  it('describes what is no error', () => {
    expect(describeError('text')).toBe('text')
    expect(describeError(undefined)).toBe('undefined')
  })
})

describe('errorLogFields', () => {
  it('tells the message of an error of ours', () => {
    expect(errorLogFields(new TiredError('no answer'))).toEqual({
      errorCode: 'MUR_OUTBOUND_FAILED',
      error: 'no answer',
    })
  })

  it('tells of a foreign error its class and place, never its message: it may quote a person', () => {
    const fields = errorLogFields(new RangeError('bad number +570000000000\nsecond line'))
    expect(fields).toMatchObject({ errorCode: 'MUR_UNCLASSIFIED', error: 'RangeError' })
    expect(fields.stack).toContain('pipeline-error.test.ts')
    expect(JSON.stringify(fields)).not.toContain('+570000000000')
    expect(JSON.stringify(fields)).not.toContain('second line')
  })

  it('tells of a thrown value that is no error only its type', () => {
    expect(errorLogFields('+570000000000')).toEqual({ errorCode: 'MUR_UNCLASSIFIED', error: 'thrown string' })
  })
})

describe('assertNever', () => {
  it('throws for a value outside its type', () => {
    expect(() => assertNever('new' as never)).toThrow(TypeError)
  })
})
