import { parseVTTTimestamp } from 'media-captions'
import { InvalidInput } from '../../../platform/errors.ts'
import type { Message } from '../../../platform/messages/message.ts'
import type { TimeRange, Transcript, TranscriptSegment } from '../ports.ts'
import { segmentOfCue } from './cue-text.ts'
import { transcriptMessages as messages } from './messages.ts'

/** An hour of fast speech takes about 150 KiB in Korean. */
const maxKibibytes = 192
const maxCues = 5_000
const maxCueCharacters = 2_000

interface Cue extends TimeRange {
  readonly text: string
}

/**
 * Reads captions in WebVTT. Tags, settings, styles, regions and comments are ignored. Captions that overlap end when the
 * next one starts; captions that start together become one. Throws InvalidInput, which names the line.
 *
 * Blocks are read here, by the rules of the specification: the library drops captions with a wrong order of times, and
 * takes a first line such as `line: one` for a setting.
 *
 * @param path of the text in the input of the command
 */
export function readWebVtt(text: string, path: readonly string[]): Transcript {
  const refuse = (message: Message) => new InvalidInput([{ path, text: message }], { isRelative: true })
  if (Buffer.byteLength(text) > maxKibibytes * 1024) {
    throw refuse(messages.webVttTooLarge({ kibibytes: maxKibibytes }))
  }
  const segments: TranscriptSegment[] = []
  for (const cue of cuesOf(text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/), refuse)) {
    const segment = segmentOfCue(cue, cue.text)
    if (segment) segments.push(segment)
  }
  if (segments.length === 0) throw refuse(messages.emptyTranscript())
  return { language: null, segments: withoutOverlap(segments) }
}

function* cuesOf(lines: readonly string[], refuse: (message: Message) => InvalidInput): Generator<Cue> {
  if (!/^WEBVTT(?:[ \t]|$)/.test(lines[0] ?? '')) throw refuse(messages.webVttWithoutSignature())
  const hasTimes = (at: number) => lines[at]?.includes('-->') ?? false
  /** The end of the block that starts at a line: an empty line, or the times of another cue. */
  const endOfBlock = (start: number) => {
    let end = start
    while (end < lines.length && lines[end] !== '' && !hasTimes(end)) end += 1
    return end
  }
  let count = 0
  let at = endOfBlock(1)
  while (at < lines.length) {
    if (lines[at] === '') {
      at += 1
      continue
    }
    if (/^(?:NOTE|STYLE|REGION)(?:[ \t]|$)/.test(lines[at] ?? '')) {
      while (at < lines.length && lines[at] !== '') at += 1
      continue
    }
    // Without times, the first line is the name of the cue.
    const timesAt = hasTimes(at) ? at : at + 1
    if (!hasTimes(timesAt)) throw refuse(messages.webVttWithoutTimes({ line: at + 1 }))
    const line = timesAt + 1
    const [start = '', end = ''] = (lines[timesAt] ?? '').split('-->').map((each) => each.trim())
    const startSeconds = parseVTTTimestamp(start)
    const endSeconds = parseVTTTimestamp(end.split(/[ \t]/)[0] ?? '')
    if (startSeconds === null || endSeconds === null) throw refuse(messages.webVttInvalidTimes({ line }))
    if (endSeconds <= startSeconds) throw refuse(messages.webVttEndBeforeStart({ line }))
    count += 1
    if (count > maxCues) throw refuse(messages.webVttTooManyCaptions({ line, captions: maxCues }))
    at = endOfBlock(timesAt + 1)
    const text = lines.slice(timesAt + 1, at).join('\n')
    if (text.length > maxCueCharacters) {
      throw refuse(messages.webVttCaptionTooLong({ line: line + 1, characters: maxCueCharacters }))
    }
    yield { startSeconds, endSeconds, text }
  }
}

/** In order of their starts. */
function withoutOverlap(segments: readonly TranscriptSegment[]): TranscriptSegment[] {
  const joined: TranscriptSegment[] = []
  for (const segment of segments.toSorted((one, other) => one.startSeconds - other.startSeconds)) {
    const last = joined.at(-1)
    if (last?.startSeconds === segment.startSeconds) joined[joined.length - 1] = together(last, segment)
    else joined.push(segment)
  }
  return joined.map((segment, at) => endingBefore(segment, joined[at + 1]?.startSeconds ?? segment.endSeconds))
}

/** Two that start together: their words are spoken at the same time, so none is emphasised. */
function together(one: TranscriptSegment, other: TranscriptSegment): TranscriptSegment {
  const endSeconds = Math.max(one.endSeconds, other.endSeconds)
  return { startSeconds: one.startSeconds, endSeconds, text: `${one.text} ${other.text}`, words: [] }
}

function endingBefore(segment: TranscriptSegment, nextSeconds: number): TranscriptSegment {
  if (segment.endSeconds <= nextSeconds) return segment
  const words = segment.words
    .filter(({ startSeconds }) => startSeconds < nextSeconds)
    .map((word) => ({ ...word, endSeconds: Math.min(word.endSeconds, nextSeconds) }))
  return { ...segment, endSeconds: nextSeconds, words }
}
