import stringWidth from 'string-width'
import { InvalidInput } from '../../../platform/errors.ts'
import type { Message } from '../../../platform/messages/message.ts'
import type { AudioProbe, TimeRange, Transcript } from '../ports.ts'
import { cleanText } from './clean-text.ts'
import { transcriptMessages as messages } from './messages.ts'
import { type Caption, splitCaptions } from './split-captions.ts'

const maxCharacters = 50_000

/** Throws InvalidInput for a text that `spreadText` does not take. */
export function checkText(text: string, path: readonly string[]): void {
  captionsOf(text, path)
}

/**
 * Spreads a text without times over the speech of the audio (all of it but its silences), by length. Each line of the text
 * starts a new segment, and a segment is at most one caption. Words have no times. Throws InvalidInput.
 *
 * @param path of the text in the input of the command
 */
export function spreadText(
  text: string,
  { durationSeconds, silences }: Pick<AudioProbe, 'durationSeconds' | 'silences'>,
  path: readonly string[],
): Transcript {
  const captions = captionsOf(text, path)
  const pieces = captions.map(({ lines }) => {
    const columns = lines.reduce((sum, line) => sum + stringWidth(line), 0)
    // Marks without a width take time as well.
    return { text: lines.join(' '), columns: Math.max(columns, 1) }
  })
  const total = pieces.reduce((sum, { columns }) => sum + columns, 0)
  const speech = createSpeech(durationSeconds, silences)
  let before = 0
  const segments = pieces.map((piece) => {
    const startSeconds = speech.startAt((before / total) * speech.seconds)
    before += piece.columns
    return { startSeconds, endSeconds: speech.endAt((before / total) * speech.seconds), text: piece.text, words: [] }
  })
  return { language: null, segments }
}

function captionsOf(text: string, path: readonly string[]): Caption[] {
  const refuse = (message: Message) => new InvalidInput([{ path, text: message }], { isRelative: true })
  if (text.length > maxCharacters) throw refuse(messages.textTooLong({ characters: maxCharacters }))
  const captions = text.split(/\r\n|\r|\n/).flatMap((line) => splitCaptions(cleanText(line)))
  if (captions.length === 0) throw refuse(messages.emptyTranscript())
  return captions
}

/** The instants after seconds of speech. At a silence, a segment ends before it and the next one starts after it. */
function createSpeech(durationSeconds: number, silences: readonly TimeRange[]) {
  const ranges = spokenRanges(durationSeconds, silences)
  /** The instant in the first range that has not ended. Called with rising seconds. */
  const createInstant = (hasEnded: (seconds: number, length: number) => boolean) => {
    let at = 0
    let spokenBefore = 0
    return (seconds: number): number => {
      for (; at < ranges.length - 1; at += 1) {
        const length = lengthOf(ranges[at])
        if (!hasEnded(seconds - spokenBefore, length)) break
        spokenBefore += length
      }
      const { startSeconds = 0, endSeconds = durationSeconds } = ranges[at] ?? {}
      return Math.min(startSeconds + Math.max(seconds - spokenBefore, 0), endSeconds)
    }
  }
  return {
    seconds: ranges.reduce((sum, range) => sum + lengthOf(range), 0),
    startAt: createInstant((seconds, length) => seconds >= length),
    endAt: createInstant((seconds, length) => seconds > length),
  }
}

/** At least one range: all of the audio where it is silent. */
function spokenRanges(durationSeconds: number, silences: readonly TimeRange[]): TimeRange[] {
  const ranges: TimeRange[] = []
  let startSeconds = 0
  for (const silence of silences) {
    const endSeconds = Math.min(silence.startSeconds, durationSeconds)
    if (endSeconds > startSeconds) ranges.push({ startSeconds, endSeconds })
    startSeconds = Math.max(startSeconds, silence.endSeconds)
  }
  if (durationSeconds > startSeconds) ranges.push({ startSeconds, endSeconds: durationSeconds })
  return ranges.length > 0 ? ranges : [{ startSeconds: 0, endSeconds: durationSeconds }]
}

function lengthOf(range: TimeRange | undefined): number {
  return range ? range.endSeconds - range.startSeconds : 0
}
