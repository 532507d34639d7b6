import type { UnreadablePictureReason } from '../../domains/videos/ports.ts'
import type { VideoContent } from './templates/template.ts'

export interface DrawOrder {
  readonly templateKey: string
  readonly content: VideoContent
  readonly folder: string
  readonly drawsStills: boolean
  /** Indices of cues. */
  readonly firstCue: number
  readonly endCue: number
}

/** What the child writes, as JSON. An error would lose its class between processes. */
export interface DrawResult {
  readonly cpuSeconds: number
  readonly unreadable: UnreadablePictureReason | null
}

export const emptyCaption = 'caption-none.png'

export function captionFile(index: number): string {
  return `caption-${index}.png`
}
