import { describe, expect, it } from 'vitest'
import { loadMediaSample, type MediaSampleName, mediaSamples } from './media-samples.ts'

const signatures: Readonly<Record<MediaSampleName, { readonly at: number; readonly bytes: string }>> = {
  image: { at: 0, bytes: '\xff\xd8\xff' },
  video: { at: 4, bytes: 'ftyp' },
  audio: { at: 28, bytes: 'OpusHead' },
  sticker: { at: 8, bytes: 'WEBP' },
  document: { at: 0, bytes: '%PDF-' },
}

describe('media samples', () => {
  it.each(Object.keys(mediaSamples) as MediaSampleName[])('holds a real file under 60 kB for %s', (name) => {
    const { bytes } = loadMediaSample(name)
    const { at, bytes: wanted } = signatures[name]
    expect(bytes.subarray(at, at + wanted.length).toString('latin1')).toBe(wanted)
    expect(bytes.length).toBeLessThan(60_000)
  })
})
