import { describe, expect, it } from 'vitest'
import { readBody } from './read-body.ts'

const empty = { text: null, media: [], location: null, actions: [], unmappedBody: null }
const postback = { type: 'postback', postback: { text: 'Yes', payload: 'y' } }
const choice = { type: 'postback', text: 'Yes', payload: 'y' }

describe('readBody', () => {
  it('reads text', () => {
    expect(readBody({ type: 'text', text: { text: 'Hi' } }, null)).toEqual({ ...empty, bodyType: 'text', text: 'Hi' })
  })

  it('reads images, each with its URL', () => {
    const body = readBody({ type: 'image', image: { images: [{ mediaUrl: 'u1' }, { mediaUrl: 'u2' }] } }, 'image')
    expect(body.media.map(({ url, kind }) => [url, kind])).toEqual([
      ['u1', 'image'],
      ['u2', 'image'],
    ])
    expect(body.unmappedBody).toBeNull()
  })

  it('reads a file with its caption and name', () => {
    const file = { mediaUrl: 'u', contentType: 'application/pdf', filename: 'a.pdf' }
    expect(readBody({ type: 'file', file: { text: 'Read this', files: [file] } }, 'document')).toEqual({
      ...empty,
      bodyType: 'file',
      text: 'Read this',
      media: [{ url: 'u', kind: 'document', contentType: 'application/pdf', filename: 'a.pdf', animated: null }],
    })
  })

  it.each([
    ['video', { contentType: 'application/octet-stream' }, 'video'],
    [null, { contentType: 'image/webp', metadata: { isAnimated: true } }, 'sticker'],
    [null, { contentType: 'image/webp' }, 'image'],
    [null, { contentType: 'IMAGE/JPEG' }, 'image'],
    [null, { contentType: 'video/mp4' }, 'video'],
    ['hologram', { contentType: 'audio/ogg; codecs=opus' }, 'audio'],
    [null, { contentType: 'application/pdf' }, 'document'],
    [null, {}, 'file'],
  ])('takes WhatsApp media type %j and file %j for a %s', (mediaType, file, kind) => {
    const body = { type: 'file', file: { files: [{ mediaUrl: 'u', ...file }] } }
    expect(readBody(body, mediaType).media[0]?.kind).toBe(kind)
  })

  it('says whether a sticker is animated', () => {
    const file = { mediaUrl: 'u', contentType: 'image/webp', metadata: { isAnimated: false } }
    expect(readBody({ type: 'file', file: { files: [file] } }, null).media[0]?.animated).toBe(false)
  })

  it('reads a location', () => {
    const location = { coordinates: { latitude: 4.7, longitude: -74 }, location: { address: 'A', label: 'L' } }
    expect(readBody({ type: 'location', location }, null)).toEqual({
      ...empty,
      bodyType: 'location',
      location: { latitude: 4.7, longitude: -74, address: 'A', label: 'L' },
    })
  })

  it.each(['text', 'list', 'interactive', 'file', 'image'])('reads a choice under body.%s', (arm) => {
    expect(readBody({ type: arm, [arm]: { text: 'Yes', actions: [postback] } }, null)).toEqual({
      ...empty,
      bodyType: arm,
      text: 'Yes',
      actions: [choice],
    })
    expect(readBody({ type: 'list', [arm]: { actions: [postback] } }, null).actions).toEqual([choice])
  })

  it('keeps a body of a type that we do not know, whole', () => {
    const body = { type: 'hologram', hologram: { b: 1, a: [true] } }
    const unmappedBody = '{"hologram":{"a":[true],"b":1},"type":"hologram"}'
    expect(readBody(body, null)).toEqual({ ...empty, bodyType: 'hologram', unmappedBody })
  })

  it.each([
    ['a location without coordinates', { type: 'location', location: { location: { address: 'A' } } }],
    ['a file without URL among others', { type: 'file', file: { files: [{ mediaUrl: 'u' }, { filename: 'a' }] } }],
    ['a choice of another shape', { type: 'text', text: { text: 'Hi', actions: [{ type: 'open-url', url: 'u' }] } }],
    ['an interactive reply of another shape', { type: 'interactive', interactive: { flow: {} } }],
    ['files that are no list', { type: 'file', file: { text: 'x', files: { mediaUrl: 'u' } } }],
    ['choices that are no list', { type: 'text', text: { text: 'Hi', actions: postback } }],
    ['a second text', { type: 'list', text: { text: 'a' }, list: { text: 'b' } }],
    [
      'a place whose coordinates are texts',
      { type: 'location', text: { text: 'x' }, location: { coordinates: { latitude: '1' } } },
    ],
    ['a field of no list', { type: 'text', text: { text: 'Hi', mood: 'good' } }],
    ['a field of no list in a file', { type: 'file', file: { files: [{ mediaUrl: 'u', metadata: { seconds: 3 } }] } }],
    ['an arm of no list', { type: 'text', text: { text: 'Hi' }, carousel: {} }],
    ['a body without type', { text: { text: 'STOP' } }],
    ['a body that is text itself', 'Hi'],
  ])('keeps %s', (_case, body) => {
    expect(JSON.parse(readBody(body, null).unmappedBody ?? '')).toEqual(body)
  })

  it('takes a text that comes twice, or for short, as one', () => {
    for (const list of ['Yes', { text: 'Yes' }]) {
      const body = readBody({ type: 'list', text: { text: 'Yes' }, list }, null)
      expect(body).toEqual({ ...empty, bodyType: 'list', text: 'Yes' })
    }
  })

  it('reads the text of a body without type', () => {
    expect(readBody({ text: { text: 'STOP' } }, null)).toMatchObject({ bodyType: 'none', text: 'STOP' })
  })

  it('keeps nothing where there is no body', () => {
    for (const body of [undefined, null, {}]) expect(readBody(body, null)).toEqual({ ...empty, bodyType: 'none' })
  })
})
