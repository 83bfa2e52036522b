import { expect, it } from 'vitest'
import type { Progress } from './progress.ts'
import { renderProgress } from './render-progress.ts'

const half: Progress = {
  kind: 'download',
  files: 3,
  totalFiles: 93,
  bytes: 82.65e6,
  totalBytes: 165.3e6,
  bytesPerSecond: 12.5e6,
}

it('writes a line every three seconds where the stream is no terminal', () => {
  let nowMs = 0
  const written: string[] = []
  const { onProgress } = renderProgress({ write: (text) => written.push(text) }, { nowMs: () => nowMs })
  onProgress(half)
  nowMs = 2_999
  onProgress({ ...half, bytes: 90e6 })
  nowMs = 3_000
  onProgress({ ...half, bytes: 100e6 })
  expect(written).toEqual([
    'Downloading 50 %  3/93 files  82.7/165.3 MB  12.5 MB/s\n',
    'Downloading 60 %  3/93 files  100.0/165.3 MB  12.5 MB/s\n',
  ])
})

it('always shows the end of a download, however soon it comes', () => {
  const written: string[] = []
  const { onProgress } = renderProgress({ write: (text) => written.push(text) }, { nowMs: () => 0 })
  onProgress(half)
  onProgress({ ...half, bytes: half.totalBytes, files: 93 })
  expect(written[1]).toContain('100 %')
})

it('replaces its line on a terminal, cuts it to the width, and keeps notes', () => {
  let written = ''
  const stream = {
    isTTY: true,
    columns: 30,
    write: (text: string) => {
      written += text
    },
  }
  const { onProgress, done } = renderProgress(stream, { nowMs: () => 0 })
  onProgress(half)
  onProgress({ kind: 'note', text: 'Maven failed' })
  onProgress({ kind: 'step', text: 'Starting' })
  done()
  expect(written).toBe('Downloading 50 %  3/93 files \r\x1b[2KMaven failed\nStarting\r\x1b[2K')
})
