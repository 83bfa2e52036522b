import { type HostedMedia, loadMediaSample } from '@murmuration/testkit'
import { type SampleIds, type SampleMediaKind, sampleMediaKinds } from './sample-ids.ts'

const files = {
  image: 'image',
  video: 'video',
  voice: 'audio',
  document: 'document',
  sticker: 'sticker',
} as const satisfies Record<SampleMediaKind, string>

/** What the stand-in for Bird's media host serves: real files, by the paths of the sample. */
export function loadSampleMedia(ids: SampleIds): Record<string, HostedMedia> {
  return Object.fromEntries(sampleMediaKinds.map((kind) => [ids.mediaPath(kind), loadMediaSample(files[kind])]))
}
