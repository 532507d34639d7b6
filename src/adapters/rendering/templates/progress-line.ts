import { formatColour, type Palette } from '../colours.ts'
import { framesPerSecond, type Size } from '../geometry.ts'
import type { Graph } from '../graph.ts'
import type { Still } from '../still.ts'
import type { Part } from './template.ts'

const height = 10

/** A line at the lower edge that grows with time. */
export const progressLine = {
  height,
  still: ({ width }: Size, palette: Palette): Still => ({
    name: 'progress',
    kind: 'card',
    size: { width, height },
    draw(context) {
      context.fillStyle = formatColour(palette.accent)
      context.fillRect(0, 0, width, height)
    },
  }),
}

/** It is as wide as the video and moves in from the left. */
export function addProgressLine(graph: Graph, video: string, size: Size, frames: number, part: Part): string {
  const line = graph.still('progress')
  const share = `(t*${framesPerSecond}+${part.startFrame + 1})/${frames}`
  return graph.filter(
    [video, line],
    `overlay=x='-W+W*min(1,${share})':y=${size.height - height}:eval=frame:format=yuv420:eof_action=repeat`,
  )
}
