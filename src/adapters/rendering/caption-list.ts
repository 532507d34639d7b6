import type { Cue } from './cues.ts'
import { captionFile, emptyCaption } from './draw-order.ts'
import { framesPerSecond } from './geometry.ts'
import type { Part } from './templates/template.ts'

/** The captions of a part as a list of ffmpeg's concat demuxer: a picture for each span of time, the empty one between. */
export function captionList(cues: readonly Cue[], part: Part): string {
  const frameOf = (seconds: number) => Math.round(seconds * framesPerSecond)
  const lines = ['ffconcat version 1.0']
  let at = part.startFrame
  const show = (file: string, until: number) => {
    if (until <= at) return
    lines.push(`file '${file}'`, `duration ${((until - at) / framesPerSecond).toFixed(6)}`)
    at = until
  }
  for (const [index, cue] of cues.entries()) {
    const end = Math.min(frameOf(cue.endSeconds), part.endFrame)
    if (end <= part.startFrame || frameOf(cue.startSeconds) >= part.endFrame) continue
    show(emptyCaption, frameOf(cue.startSeconds))
    show(captionFile(index), end)
  }
  show(emptyCaption, part.endFrame)
  // The demuxer ignores the duration of the last file, and the overlay repeats it.
  lines.push(`file '${emptyCaption}'`)
  return `${lines.join('\n')}\n`
}
