import type { Transcript, TranscriptSegment } from '../../domains/videos/ports.ts'
import { cleanText, graphemesOf } from './break-lines.ts'

/** A text that is shown for some time. */
export interface Cue {
  readonly startSeconds: number
  readonly endSeconds: number
  readonly text: string
  /** The characters of the text that are spoken meanwhile; null where none is emphasised. */
  readonly emphasis: readonly [number, number] | null
}

export interface CueLimits {
  /** Of a page; a Hangul, Han or Kana character and an emoji count as two. */
  readonly columns: number
  readonly hasEmphasis: boolean
  readonly durationSeconds: number
}

/** A word with its place in time. */
interface TimedText {
  readonly text: string
  readonly hasSpaceBefore: boolean
  readonly startSeconds: number
  readonly endSeconds: number
}

/** A pause after which a new page begins. */
const pauseSeconds = 0.7
/** A page is shown this much longer than its last word, unless the next one begins. */
const restSeconds = 0.6
/** How long the first page is shown before its first word, at most. */
const leadSeconds = 3
/** Cards are files; an hour has about 9,000 words. With more than this, no word is emphasised. */
const mostEmphasised = 20_000

/** Divides a transcript into pages that are read at once, and these into one cue for each spoken word. In order of time. */
export function createCues(transcript: Transcript, limits: CueLimits): Cue[] {
  const timed = transcript.segments.map((segment) => ({ segment, words: timedWords(segment) }))
  const count = timed.reduce((sum, { words }) => sum + words.length, 0)
  const hasEmphasis = limits.hasEmphasis && count <= mostEmphasised
  const pages = timed.flatMap(({ segment, words }) => {
    const isTimed = segment.words.length > 0
    return pagesOf(words, limits.columns).map((page) => ({ page, isEmphasised: hasEmphasis && isTimed }))
  })
  const cues = pages.flatMap(({ page, isEmphasised }, at) => {
    const next = pages[at + 1]?.page[0]?.startSeconds ?? limits.durationSeconds
    const end = Math.min((page.at(-1)?.endSeconds ?? 0) + restSeconds, Math.max(next, page.at(-1)?.endSeconds ?? 0))
    return isEmphasised ? wordCues(page, end) : [pageCue(page, end)]
  })
  return inOrder([...leadIn(cues), ...cues], limits.durationSeconds)
}

/** The first page is shown before its first word, without emphasis. */
function leadIn([first]: readonly Cue[]): Cue[] {
  if (!first?.emphasis) return []
  const startSeconds = Math.max(0, first.startSeconds - leadSeconds)
  return [{ ...first, startSeconds, endSeconds: first.startSeconds, emphasis: null }]
}

/** The words of the segment as its text has them, since words of a model come with and without their spaces. */
function timedWords(segment: TranscriptSegment): TimedText[] {
  const text = cleanText(segment.text)
  if (segment.words.length === 0) return spread(text, segment)
  const words = segment.words.flatMap((word) => {
    const clean = cleanText(word.text)
    return clean === '' ? [] : [{ ...word, text: clean }]
  })
  let at = 0
  return words.map((word, index) => {
    const found = text.indexOf(word.text, at)
    const hasSpaceBefore = index > 0 && (found < 0 || /\s/u.test(text.slice(at, found)))
    if (found < 0) return { ...word, hasSpaceBefore }
    // Punctuation that the model did not count to a word belongs to the one before it.
    const rest = /^[\p{P}\p{S}]*/u.exec(text.slice(found + word.text.length))?.[0] ?? ''
    at = found + word.text.length + rest.length
    return { ...word, text: word.text + rest, hasSpaceBefore }
  })
}

/** Without times of words, the time of the segment is divided by length. */
function spread(text: string, { startSeconds, endSeconds }: TranscriptSegment): TimedText[] {
  const words = text.split(' ').filter(Boolean).flatMap(divideLong)
  const total = words.reduce((sum, word) => sum + columnsOf(word.text), 0)
  let before = 0
  return words.map((word) => {
    const at = (columns: number) => startSeconds + ((endSeconds - startSeconds) * columns) / total
    const start = at(before)
    before += columnsOf(word.text)
    return { ...word, startSeconds: start, endSeconds: at(before) }
  })
}

/** Scripts without spaces have sentences as words. */
function divideLong(word: string, index: number): Pick<TimedText, 'text' | 'hasSpaceBefore'>[] {
  const longest = 12
  const pieces: string[] = []
  for (const grapheme of graphemesOf(word)) {
    const last = pieces.at(-1)
    if (last !== undefined && columnsOf(last) < 2 * longest) pieces[pieces.length - 1] = last + grapheme
    else pieces.push(grapheme)
  }
  return pieces.map((text, at) => ({ text, hasSpaceBefore: at === 0 && index > 0 }))
}

/** Pages end after a sentence, at a pause, and where they are full; the words of a page that is too long are shared equally. */
function pagesOf(words: readonly TimedText[], columns: number): TimedText[][] {
  const phrases: TimedText[][] = []
  for (const word of words) {
    const before = phrases.at(-1)?.at(-1)
    const isNew =
      !before || /[.!?。？！]["')\]」』]*$/u.test(before.text) || word.startSeconds - before.endSeconds >= pauseSeconds
    if (isNew) phrases.push([word])
    else phrases.at(-1)?.push(word)
  }
  return phrases.flatMap((phrase) => {
    const total = phrase.reduce((sum, word) => sum + columnsOf(word.text) + 1, 0)
    const share = total / Math.ceil(total / columns)
    const pages: TimedText[][] = []
    let used = 0
    for (const word of phrase) {
      const width = columnsOf(word.text) + 1
      const page = pages.at(-1)
      const isFull = used + width / 2 > share * pages.length || widthOfPage(page ?? []) + width > columns
      if (page && !isFull) page.push(word)
      else pages.push([word])
      used += width
    }
    return pages
  })
}

function widthOfPage(page: readonly TimedText[]): number {
  return page.reduce((sum, word) => sum + columnsOf(word.text) + 1, 0)
}

function textOf(page: readonly TimedText[]): string {
  return page.map((word, at) => (at > 0 && word.hasSpaceBefore ? ' ' : '') + word.text).join('')
}

function pageCue(page: readonly TimedText[], endSeconds: number): Cue {
  return { startSeconds: page[0]?.startSeconds ?? 0, endSeconds, text: textOf(page), emphasis: null }
}

/** A word is emphasised until the next one begins. */
function wordCues(page: readonly TimedText[], endSeconds: number): Cue[] {
  const text = textOf(page)
  let at = 0
  return page.map((word, index) => {
    const start = at + (index > 0 && word.hasSpaceBefore ? 1 : 0)
    at = start + word.text.length
    const end = page[index + 1]?.startSeconds ?? endSeconds
    return { startSeconds: word.startSeconds, endSeconds: end, text, emphasis: [start, at] as const }
  })
}

/** Cues that overlap, have no length or are not within the video are cut or left out. */
function inOrder(cues: readonly Cue[], durationSeconds: number): Cue[] {
  const ordered: Cue[] = []
  for (const cue of [...cues].sort((a, b) => a.startSeconds - b.startSeconds)) {
    const startSeconds = Math.max(cue.startSeconds, ordered.at(-1)?.endSeconds ?? 0)
    const endSeconds = Math.min(cue.endSeconds, durationSeconds)
    if (cue.text !== '' && endSeconds - startSeconds > 0.02) ordered.push({ ...cue, startSeconds, endSeconds })
  }
  return ordered
}

export function columnsOf(text: string): number {
  const isWide = /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Extended_Pictographic}]/u
  return graphemesOf(text).reduce((sum, grapheme) => sum + (isWide.test(grapheme) ? 2 : 1), 0)
}
