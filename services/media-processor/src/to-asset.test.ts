import { describe, expect, it } from 'vitest'
import type { AcquiredMedia } from './acquire-media.ts'
import { messageWith } from './message.fixture.ts'
import { toAsset } from './to-asset.ts'

const SHA256 = 'ab'.repeat(32)
const stored: AcquiredMedia = {
  kind: 'stored',
  sha256: SHA256,
  bytes: 3,
  objectKey: `sha256/ab/ab/${SHA256}`,
  contentType: 'image/png',
}
const message = messageWith([{ kind: 'document', contentType: 'application/pdf', filename: 'offer.pdf' }])
const media = message.media[0] ?? expect.unreachable()

describe('toAsset', () => {
  it('takes the envelope of the message and names the file by message and place', () => {
    const { workspaceId, source, origin, occurredAt, receivedAt, rawRef, contactKey, keyBasis, contactId } = message
    expect(toAsset(message, { media, index: 2, acquired: stored })).toEqual({
      eventId: `1:${workspaceId}:media:${message.messageId}:2`,
      type: 'media.stored',
      ...{ workspaceId, source, origin, occurredAt, receivedAt, rawRef, contactKey, keyBasis, contactId },
      contentHash: expect.stringMatching(/^[0-9a-f]{32}$/),
      messageId: message.messageId,
      mediaIndex: 2,
      kind: 'document',
      sha256: SHA256,
      bytes: 3,
      contentType: 'image/png',
      objectKey: `sha256/ab/ab/${SHA256}`,
      filename: 'offer.pdf',
      reason: null,
    })
  })

  it("states the message's content type where the host stated none", () => {
    const unstated = toAsset(message, { media, index: 0, acquired: { ...stored, contentType: null } })
    expect(unstated.contentType).toBe('application/pdf')
  })

  it('gives an unavailable file the id that it would have had when stored, and another content hash', () => {
    const asset = toAsset(message, { media, index: 0, acquired: { kind: 'unavailable', reason: 'gone' } })
    expect(asset).toMatchObject({
      type: 'media.unavailable',
      reason: 'gone',
      sha256: null,
      bytes: null,
      objectKey: null,
    })
    const kept = toAsset(message, { media, index: 0, acquired: stored })
    expect(asset.eventId).toBe(kept.eventId)
    expect(asset.contentHash).not.toBe(kept.contentHash)
  })

  it('hashes the content and not the envelope: a redelivery has the same hash', () => {
    const later = { ...message, receivedAt: message.receivedAt + 1, rawRef: 'another' }
    const [first, second] = [message, later].map((each) => toAsset(each, { media, index: 0, acquired: stored }))
    expect(second?.contentHash).toBe(first?.contentHash)
  })

  it('keeps its content hash (golden vector)', () => {
    expect(toAsset(message, { media, index: 0, acquired: stored }).contentHash).toBe('8bf7121374d6dd5d00cd8d53e9485b3b')
  })

  it('encodes ids that would change the shape of the event id', () => {
    const odd = { ...message, workspaceId: 'w:1', messageId: 'm%ä 1' }
    const { eventId } = toAsset(odd, { media, index: 0, acquired: stored })
    expect(eventId).toBe('1:w%3A1:media:m%25%C3%A4%201:0')
  })
})
