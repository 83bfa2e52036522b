import type { ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { HostedMedia, MediaFault } from './bird-media-types.ts'

const CHUNK_BYTES = 64 * 1_024

/** Writes a medium as an HTTP answer, with the body's fault where there is one; honours back-pressure. */
export async function sendMedia(response: ServerResponse, medium: HostedMedia, fault?: MediaFault): Promise<void> {
  const size = 'bytes' in medium ? medium.bytes.length : medium.size
  const sized = fault?.kind === 'unsized' ? {} : { 'content-length': String(size) }
  response.writeHead(200, { 'content-type': medium.contentType, ...sized })
  const broken = fault?.kind === 'stall' || fault?.kind === 'reset' || fault?.kind === 'short'
  let left = broken ? Math.floor(size / 2) : size
  const chunkBytes = fault?.kind === 'slow' ? Math.max(1, Math.ceil(size / 8)) : CHUNK_BYTES
  for (const chunk of toChunks(medium, chunkBytes)) {
    if (left <= 0 || response.destroyed) break
    const part = chunk.subarray(0, left)
    left -= part.length
    if (!response.write(part)) await drained(response)
    if (fault?.kind === 'slow') await wait(fault.pauseMs)
  }
  finish(response, fault)
}

/** Resolves when more may be written, or never will be. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })
}

function finish(response: ServerResponse, fault?: MediaFault): void {
  if (fault?.kind === 'stall') return
  if (fault?.kind === 'short') return void response.socket?.end()
  if (fault?.kind === 'reset') return void response.socket?.resetAndDestroy()
  response.end()
}

function* toChunks(medium: HostedMedia, chunkBytes: number): Iterable<Uint8Array> {
  if ('chunks' in medium) return yield* medium.chunks()
  for (let from = 0; from < medium.bytes.length; from += chunkBytes) {
    yield medium.bytes.subarray(from, from + chunkBytes)
  }
}
