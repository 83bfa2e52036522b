import { errorCodes } from '@murmuration/errors'
import { describe, expect, it } from 'vitest'
import { SignatureRejectedError, signatureRejections } from './signature-rejected-error.ts'
import { unreadableReasons, WebhookUnreadableError } from './webhook-unreadable-error.ts'

describe('the errors of this package', () => {
  it('agree with their rows in the table of codes, for every reason', () => {
    const errors = [
      ...signatureRejections.map((reason) => new SignatureRejectedError({ reason })),
      ...unreadableReasons.map((reason) => new WebhookUnreadableError({ reason })),
    ]
    for (const error of errors)
      expect(errorCodes[error.code]).toMatchObject({ disposition: error.disposition, owner: 'bird' })
    expect(new Set(errors.map((error) => error.message)).size).toBe(errors.length)
  })
})
