import { framesPerSecond, type Rect, type Size } from './geometry.ts'
import { type Still, stillFile } from './still.ts'

export interface StillOptions {
  /** For alphamerge, which would convert each frame. Default: for stills that are transparent. */
  readonly hasAlpha?: boolean
  /** Colours in the resolution of the picture, for filters that move it. Default: half of it, as in the video. */
  readonly isFullColour?: boolean
}

/** Inputs and filters of one ffmpeg command. Labels name the streams between filters. */
export interface Graph {
  /** An endless stream of a still of the template. */
  still(name: string, options?: StillOptions): string
  /** The pictures of a list of ffmpeg's concat demuxer, with transparency; the last remains. */
  pictures(listFile: string): string
  /** Gray frames from stdin. */
  grayFrames(size: Size): string
  /** Adds a filter with the input streams; returns the label of its output. */
  filter(inputs: readonly string[], filter: string): string
}

/** An input of one file; a protocol that it names itself is refused. One thread decodes it, which needs less memory. */
export function inputOf(demuxer: string, file: string, options: readonly string[] = []): string[] {
  return ['-protocol_whitelist', 'file,pipe', '-threads', '1', '-f', demuxer, ...options, '-i', file]
}

const rate = String(framesPerSecond)
/** Without it, ffmpeg converts with the coefficients of standard definition, and colours differ from those chosen. */
const toBt709 = 'scale=out_color_matrix=bt709:out_range=tv'
const endless = `loop=loop=-1:size=1:start=0,setpts=N/${rate}/TB`

export interface GraphBuilder extends Graph {
  readonly inputs: readonly string[]
  filters(): string
}

/** `firstInput` inputs stand before those of the graph. */
export function createGraph(stills: readonly Still[], firstInput: number): GraphBuilder {
  const inputs: string[] = []
  const filters: string[] = []
  let count = firstInput
  const add = (args: readonly string[]) => {
    inputs.push(...args)
    count += 1
    return `${count - 1}:v`
  }
  const filter = (from: readonly string[], text: string) => {
    const label = `s${filters.length}`
    filters.push(`${from.map((name) => `[${name}]`).join('')}${text}[${label}]`)
    return label
  }
  return {
    inputs,
    filters: () => filters.join(';'),
    filter,
    still(name, { hasAlpha, isFullColour = false } = {}) {
      const still = stills.find((one) => one.name === name)
      if (!still) throw new Error(`The template has no still "${name}".`)
      const isTransparent = hasAlpha ?? still.kind === 'transparent'
      const pixels = isFullColour ? 'yuv444p' : isTransparent ? 'yuva420p' : 'yuv420p'
      // Converted once, before it is repeated.
      return filter([add(stillInput(still))], `${toBt709},format=${pixels},${endless}`)
    },
    pictures(listFile) {
      const input = add(inputOf('concat', listFile, ['-safe', '1']))
      return filter([input], `${toBt709},format=yuva420p`)
    },
    grayFrames({ width, height }) {
      const video = ['-pixel_format', 'gray', '-video_size', `${width}x${height}`, '-framerate', rate]
      return add(inputOf('rawvideo', 'pipe:0', video))
    },
  }
}

function stillInput(still: Still): string[] {
  const file = stillFile(still)
  const every = ['-framerate', rate]
  if (still.kind === 'photo') return inputOf('jpeg_pipe', file, every)
  if (still.kind === 'transparent') return inputOf('png_pipe', file, every)
  const size = `${still.size.width}x${still.size.height}`
  return inputOf('rawvideo', file, ['-pixel_format', 'rgba', '-video_size', size, ...every])
}

/** Places a stream over another. */
export function overlay(graph: Graph, under: string, over: string, { x, y }: Pick<Rect, 'x' | 'y'>): string {
  return graph.filter([under, over], `overlay=x=${x}:y=${y}:eval=init:format=yuv420:eof_action=repeat`)
}
