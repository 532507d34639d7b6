import stringWidth from 'string-width'

/** Readable at a glance. Wide characters, such as Hangul, take two columns. */
const lineColumns = 42
const captionLines = 2

/** A piece of a text that is shown at once. */
export interface Caption {
  readonly lines: readonly string[]
  /** Where it starts in the text. */
  readonly offset: number
}

interface Token {
  readonly text: string
  readonly offset: number
  readonly columns: number
  /** Whether a space is before it. */
  readonly isSpaced: boolean
}

const words = new Intl.Segmenter(undefined, { granularity: 'word' })
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/**
 * Splits a text of one line (see cleanText) into captions of at most two lines of 42 columns. Lines break at spaces only,
 * as Korean requires; what is longer than a line breaks between words, and otherwise between characters. A caption ends
 * with a sentence if it has at least a line by then.
 */
export function splitCaptions(text: string): Caption[] {
  const captions: { lines: string[]; offset: number }[] = []
  let columns = 0
  let isClosed = true
  for (const token of tokensOf(text)) {
    const caption = captions.at(-1)
    const line = caption?.lines.at(-1)
    const space = token.isSpaced ? 1 : 0
    if (caption && line !== undefined && !isClosed && columns + space + token.columns <= lineColumns) {
      caption.lines[caption.lines.length - 1] = `${line}${token.isSpaced ? ' ' : ''}${token.text}`
      columns += space + token.columns
    } else {
      if (caption && !isClosed && caption.lines.length < captionLines) caption.lines.push(token.text)
      else captions.push({ lines: [token.text], offset: token.offset })
      columns = token.columns
    }
    isClosed = (captions.at(-1)?.lines.length ?? 0) === captionLines && /[.!?。！？…]["'”’)\]」』]*$/.test(token.text)
  }
  return captions
}

/** The words of a text, each at most as wide as a line. */
function* tokensOf(text: string): Generator<Token> {
  for (const { 0: word, index } of text.matchAll(/\S+/g)) {
    let offset = index
    for (const part of stringWidth(word) <= lineColumns ? [word] : partsOf(word)) {
      yield { text: part, offset, columns: stringWidth(part), isSpaced: offset === index && index > 0 }
      offset += part.length
    }
  }
}

/** The parts of a text without spaces, such as Japanese or an address. Punctuation stays with the word before it. */
function* partsOf(long: string): Generator<string> {
  let part = ''
  for (const { segment, isWordLike } of words.segment(long)) {
    if (isWordLike && part !== '') {
      yield* withinLine(part)
      part = ''
    }
    part += segment
  }
  yield* withinLine(part)
}

function* withinLine(part: string): Generator<string> {
  if (stringWidth(part) <= lineColumns) return yield part
  let line = ''
  let columns = 0
  for (const { segment } of graphemes.segment(part)) {
    // A call of stringWidth takes two microseconds.
    const own = /^[ -~]$/.test(segment) ? 1 : stringWidth(segment)
    if (columns + own > lineColumns && line !== '') {
      yield line
      line = ''
      columns = 0
    }
    line += segment
    columns += own
  }
  yield line
}
