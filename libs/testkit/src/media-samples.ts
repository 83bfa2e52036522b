import { readFileSync } from 'node:fs'

/** Real, decodable files of ours under `media/`, by what a WhatsApp user would send. */
export const mediaSamples = {
  image: { file: 'image.jpg', contentType: 'image/jpeg' },
  video: { file: 'video.mp4', contentType: 'video/mp4' },
  audio: { file: 'voice.ogg', contentType: 'audio/ogg; codecs=opus' },
  sticker: { file: 'sticker.webp', contentType: 'image/webp' },
  document: { file: 'document.pdf', contentType: 'application/pdf' },
} as const satisfies Record<string, { readonly file: string; readonly contentType: string }>

export type MediaSampleName = keyof typeof mediaSamples

export interface MediaSample {
  readonly contentType: string
  readonly bytes: Buffer
}

/** Reads one sample, a few kilobytes. */
export function loadMediaSample(name: MediaSampleName): MediaSample {
  const { file, contentType } = mediaSamples[name]
  return { contentType, bytes: readFileSync(new URL(`../media/${file}`, import.meta.url)) }
}
