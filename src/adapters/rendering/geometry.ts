import type { VideoFormat } from '../../domains/videos/ports.ts'

export interface Size {
  readonly width: number
  readonly height: number
}

/** Pixels; all even, since the colours of a video have half its resolution. */
export interface Rect extends Size {
  readonly x: number
  readonly y: number
}

export const framesPerSecond = 30

const sizes: Readonly<Record<VideoFormat, Size>> = {
  PORTRAIT_9_16: { width: 1080, height: 1920 },
  SQUARE: { width: 1080, height: 1080 },
  LANDSCAPE_16_9: { width: 1920, height: 1080 },
}

export function sizeOf(format: VideoFormat): Size {
  return sizes[format]
}

const previewShorterSide = 480

/** The size of the preview: even, as H.264 needs it. */
export function previewSizeOf({ width, height }: Size): Size {
  const scale = previewShorterSide / Math.min(width, height)
  return { width: even(width * scale), height: even(height * scale) }
}

function even(value: number): number {
  return 2 * Math.round(value / 2)
}

/** Frames of a video of this length; the last one may be shorter. */
export function framesIn(seconds: number): number {
  return Math.max(1, Math.ceil(seconds * framesPerSecond - 1e-6))
}
