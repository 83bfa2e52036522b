import { randomUUID } from 'node:crypto'

/** Kinds of media that the sample conversation carries. */
export const sampleMediaKinds = ['image', 'video', 'voice', 'document', 'sticker'] as const

export type SampleMediaKind = (typeof sampleMediaKinds)[number]

/** Ids of one play of the sample. New each time, so that a second play is not taken for redeliveries. */
export interface SampleIds {
  readonly workspaceId: string
  readonly channelId: string
  readonly contactId: string
  readonly conversationId: string
  /** A message id by what it stands for. */
  message(name: string): string
  /** Path of a medium on Bird's media host. */
  mediaPath(kind: SampleMediaKind): string
}

/** Makes up the ids of one play. */
export function createSampleIds(workspaceId: string): SampleIds {
  const ids = new Map<string, string>()
  const idOf = (name: string): string => {
    const id = ids.get(name) ?? randomUUID()
    ids.set(name, id)
    return id
  }
  return {
    workspaceId,
    channelId: idOf('channel'),
    contactId: idOf('contact'),
    conversationId: idOf('conversation'),
    message: (name) => idOf(`message ${name}`),
    mediaPath: (kind) =>
      `/workspaces/${workspaceId}/messages/${idOf(`message ${kind}`)}/media/${idOf(`media ${kind}`)}`,
  }
}
