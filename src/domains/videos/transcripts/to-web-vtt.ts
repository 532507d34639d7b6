import type { Transcript, TranscriptSegment } from '../ports.ts'
import { cleanText } from './clean-text.ts'
import { type Caption, splitCaptions } from './split-captions.ts'

interface Cue {
  readonly startMs: number
  readonly endMs: number
  readonly lines: readonly string[]
}

/**
 * The transcript as captions in WebVTT. A long segment becomes several captions: they change with the times of its words,
 * or by their length where these are not known.
 */
export function toWebVtt({ segments }: Transcript): string {
  const blocks = segments
    .flatMap(cuesOf)
    .map(
      ({ startMs, endMs, lines }) =>
        `${timestamp(startMs)} --> ${timestamp(endMs)}\n${lines.map(escaped).join('\n')}\n`,
    )
  return ['WEBVTT\n', ...blocks].join('\n')
}

function cuesOf(segment: TranscriptSegment): Cue[] {
  const text = cleanText(segment.text)
  const startMs = Math.round(segment.startSeconds * 1000)
  const endMs = Math.round(segment.endSeconds * 1000)
  if (text === '' || endMs <= startMs) return []
  const captions = splitCaptions(text)
  // Each caption needs a millisecond.
  if (endMs - startMs < captions.length) return [{ startMs, endMs, lines: captions.flatMap(({ lines }) => lines) }]
  const starts = startsOf({ segment, text, captions, startMs, endMs })
  return captions.map(({ lines }, at) => ({ startMs: starts[at] ?? startMs, endMs: starts[at + 1] ?? endMs, lines }))
}

interface StartsInput {
  readonly segment: TranscriptSegment
  readonly text: string
  readonly captions: readonly Caption[]
  readonly startMs: number
  readonly endMs: number
}

/** When each caption starts: later than the one before, and early enough for those after it. */
function startsOf({ segment, text, captions, startMs, endMs }: StartsInput): number[] {
  const timeAt = timeByOffset(segment, text)
  const starts: number[] = []
  for (const [at, { offset }] of captions.entries()) {
    const earliest = at === 0 ? startMs : (starts[at - 1] ?? startMs) + 1
    const latest = at === 0 ? startMs : endMs - (captions.length - at)
    starts.push(Math.min(Math.max(Math.round(timeAt(offset) * 1000), earliest), latest))
  }
  return starts
}

/** Spelling and punctuation of the words can differ from the text; a word is looked for this far behind the last one. */
const searchedCharacters = 40

/** The time at an offset of the text: in proportion between the known starts of words. */
function timeByOffset(
  { startSeconds, endSeconds, words }: TranscriptSegment,
  text: string,
): (offset: number) => number {
  const known = [{ offset: 0, seconds: startSeconds }]
  let searchFrom = 0
  for (const word of words) {
    const own = cleanText(word.text)
    const found = text.slice(searchFrom, searchFrom + own.length + searchedCharacters).indexOf(own)
    if (own === '' || found === -1) continue
    const offset = searchFrom + found
    searchFrom = offset + own.length
    const last = known.at(-1)
    if (last && offset > last.offset && word.startSeconds >= last.seconds && word.startSeconds <= endSeconds) {
      known.push({ offset, seconds: word.startSeconds })
    }
  }
  known.push({ offset: text.length, seconds: endSeconds })
  let at = 0
  // Called with rising offsets.
  return (offset) => {
    while (at < known.length - 2 && (known[at + 1]?.offset ?? 0) <= offset) at += 1
    const from = known[at] ?? { offset: 0, seconds: startSeconds }
    const to = known[at + 1] ?? { offset: text.length, seconds: endSeconds }
    const share = (offset - from.offset) / Math.max(to.offset - from.offset, 1)
    return from.seconds + share * (to.seconds - from.seconds)
  }
}

function timestamp(ms: number): string {
  const digits = (value: number, count: number) => String(value).padStart(count, '0')
  const [hours, minutes, seconds] = [
    Math.floor(ms / 3_600_000),
    Math.floor(ms / 60_000) % 60,
    Math.floor(ms / 1000) % 60,
  ]
  return `${digits(hours, 2)}:${digits(minutes, 2)}:${digits(seconds, 2)}.${digits(ms % 1000, 3)}`
}

function escaped(line: string): string {
  return line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
