/**
 * What the preparation and the start tell while they work.
 *
 * - `download`: counted over all that was missing at the beginning; `bytesPerSecond` is the mean so far.
 * - `step`: what is being done now; the next one replaces it.
 * - `note`: a line worth keeping on the screen.
 */
export type Progress =
  | {
      readonly kind: 'download'
      readonly files: number
      readonly totalFiles: number
      readonly bytes: number
      readonly totalBytes: number
      readonly bytesPerSecond: number
    }
  | { readonly kind: 'step'; readonly text: string }
  | { readonly kind: 'note'; readonly text: string }

export type OnProgress = (progress: Progress) => void
