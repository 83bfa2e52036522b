import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { toContactKey } from './contact-key.ts'

const input = { workspaceId: 'ws', messageId: 'm-1', secret: 's' }
const phone = { id: null, identifierKey: 'phonenumber', identifierValue: '+310000000000', name: null }

describe('toContactKey', () => {
  it("is Bird's contact id where there is one", () => {
    expect(toContactKey({ ...phone, id: 'c-1' }, input)).toEqual({ contactKey: 'c-1', keyBasis: 'contact-id' })
  })

  it('is an HMAC of the identifier where there is no contact id, different per workspace', () => {
    const expected = createHmac('sha256', 's').update('ws\nphonenumber\n+310000000000').digest('hex')
    expect(toContactKey(phone, input)).toEqual({ contactKey: expected, keyBasis: 'identifier-hmac' })
    expect(toContactKey(phone, { ...input, workspaceId: 'other' }).contactKey).not.toBe(expected)
  })

  it('works the same for identifiers that are no phone numbers', () => {
    const bsuid = { ...phone, identifierKey: 'whatsappbsuid', identifierValue: 'US.1' }
    expect(toContactKey(bsuid, input).keyBasis).toBe('identifier-hmac')
    expect(toContactKey(bsuid, input)).not.toEqual(toContactKey({ ...bsuid, identifierKey: 'whatsappusername' }, input))
  })

  it('is the message id where nobody is named', () => {
    expect(toContactKey({ ...phone, identifierValue: null }, input)).toEqual({
      contactKey: 'm-1',
      keyBasis: 'message-id',
    })
  })
})
