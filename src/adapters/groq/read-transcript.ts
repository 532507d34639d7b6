import { z } from 'zod'
import type { Transcript, TranscriptSegment, TranscriptWord } from '../../domains/videos/ports.ts'
import { storable } from '../../platform/database/storable.ts'
import { codeOfLanguage } from './spoken-languages.ts'

const seconds = z.number().min(0).max(86_400)
const text = z.string().max(10_000)

const verbose = z.object({
  language: z.string().max(100).nullish(),
  text: z.string(),
  segments: z
    .array(z.object({ start: seconds, end: seconds, text }))
    .max(50_000)
    .nullish(),
  words: z
    .array(z.object({ start: seconds, end: seconds, word: text }))
    .max(200_000)
    .nullish(),
})

/**
 * Reads the body of a verbose transcription. Returns null if it is not valid, or has text but no segments.
 *
 * Each word goes to the segment that contains its middle. Whisper gives words without the punctuation that its segments
 * have; the words get it from there, so that captions can show them.
 */
export function readTranscript(body: unknown): Transcript | null {
  const parsed = verbose.safeParse(body)
  if (!parsed.success) return null
  const { language, text: whole, segments, words } = parsed.data
  if (!segments && whole.trim() !== '') return null
  const found = (segments ?? [])
    .flatMap(({ start, end, text: raw }) => {
      const kept = lineOf(raw)
      return kept === null ? [] : [{ startSeconds: start, endSeconds: Math.max(start, end), text: kept }]
    })
    .sort((one, other) => one.startSeconds - other.startSeconds)
  const wordsOf = assign(
    (words ?? []).flatMap(({ start, end, word }) => {
      const kept = lineOf(word)
      return kept === null ? [] : [{ startSeconds: start, endSeconds: Math.max(start, end), text: kept }]
    }),
    found,
  )
  return {
    language: codeOfLanguage(language),
    segments: found.map((segment, at) => ({ ...segment, words: withPunctuation(wordsOf[at] ?? [], segment.text) })),
  }
}

const lineOf = (raw: string) => storable(raw.replace(/\s+/g, ' '))

type Range = Omit<TranscriptSegment, 'words'>

/** The words of each segment, in order. A word between two segments belongs to the earlier one. */
function assign(words: readonly TranscriptWord[], segments: readonly Range[]): readonly (readonly TranscriptWord[])[] {
  const assigned: TranscriptWord[][] = segments.map(() => [])
  let at = 0
  for (const word of [...words].sort((one, other) => one.startSeconds - other.startSeconds)) {
    const middle = (word.startSeconds + word.endSeconds) / 2
    while (middle >= (segments[at + 1]?.startSeconds ?? Number.POSITIVE_INFINITY)) at += 1
    assigned[at]?.push(word)
  }
  return assigned
}

/**
 * Extends each word by the characters of the segment's text around it up to the next space. Returns the words unchanged
 * if the text does not contain all of them in order.
 */
function withPunctuation(words: readonly TranscriptWord[], segmentText: string): readonly TranscriptWord[] {
  const extended: TranscriptWord[] = []
  let from = 0
  for (const [at, word] of words.entries()) {
    const start = segmentText.indexOf(word.text, from)
    if (start === -1) return words
    const next = words[at + 1]
    const found = next === undefined ? -1 : segmentText.indexOf(next.text, start + word.text.length)
    const limit = found === -1 ? segmentText.length : found
    const tail = /^[^\s\p{L}\p{N}]*/u.exec(segmentText.slice(start + word.text.length, limit))?.[0] ?? ''
    const lead = /[^\s\p{L}\p{N}]*$/u.exec(segmentText.slice(from, start))?.[0] ?? ''
    extended.push({ ...word, text: `${lead}${word.text}${tail}` })
    from = start + word.text.length + tail.length
  }
  return extended
}
