import type { TranscriptSegment } from '../../domains/videos/ports.ts'

/** A segment as the model sees it. */
export interface ShownSegment {
  /** From 1. */
  readonly segment: number
  readonly startSeconds: number
  readonly text: string
}

/**
 * About 5,000 tokens: four bytes of English or three of Korean are a token. Groq's free tier allows 8,000 tokens a minute.
 */
const maxBytes = 16_000
const maxTextLength = 300
/** Of the JSON around a text. */
const overheadBytes = 40

/** The segments that the model sees: all, or as many as fit, evenly over the transcript. Long texts are cut. */
export function excerptOf(segments: readonly TranscriptSegment[]): readonly ShownSegment[] {
  const shown = segments.map(({ startSeconds, text }, at) => ({
    segment: at + 1,
    startSeconds: Math.round(startSeconds * 10) / 10,
    text: text.slice(0, maxTextLength).toWellFormed(),
  }))
  for (let count = shown.length; ; count = Math.floor(count * 0.9)) {
    const some = evenly(shown, count)
    if (bytesOf(some) <= maxBytes) return some
  }
}

/** So many of the items, evenly spread, with the first one. */
export function evenly<Item>(items: readonly Item[], count: number): readonly Item[] {
  if (count >= items.length) return items
  return Array.from({ length: count }, (_, at) => items[Math.floor((at * items.length) / count)] as Item)
}

function bytesOf(segments: readonly ShownSegment[]): number {
  return segments.reduce((sum, { text }) => sum + Buffer.byteLength(text) + overheadBytes, 0)
}
