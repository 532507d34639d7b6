/** A piece of text that no line break divides, with the space that follows it. */
export interface Unit {
  readonly text: string
  /** Of the whole text. */
  readonly start: number
  readonly end: number
  readonly hasSpaceAfter: boolean
}

/** Written without spaces between words, so that lines break between any two words. Hangul is not: keep-all. */
const withoutSpaces =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u
const words = new Intl.Segmenter('ko', { granularity: 'word' })
const graphemes = new Intl.Segmenter('ko', { granularity: 'grapheme' })
const opening = /[\p{Ps}\p{Pi}]$/u

/** Divides text where lines may break: at spaces, and between words of scripts that have none. */
export function unitsOf(text: string): Unit[] {
  return [...text.matchAll(/\S+/gu)].flatMap((match) => {
    const start = match.index
    const end = start + match[0].length
    const pieces = withoutSpaces.test(match[0]) ? wordsOf(match[0]) : [match[0]]
    let at = start
    return pieces.map((piece): Unit => {
      const unit = { text: piece, start: at, end: at + piece.length, hasSpaceAfter: at + piece.length === end }
      at = unit.end
      return unit
    })
  })
}

/** Punctuation remains with the word before it, opening brackets with the word after. */
function wordsOf(text: string): string[] {
  const pieces: string[] = []
  for (const { segment, isWordLike } of words.segment(text)) {
    const last = pieces.at(-1)
    if (last !== undefined && (opening.test(last) || (!isWordLike && !opening.test(segment)))) {
      pieces[pieces.length - 1] = last + segment
    } else pieces.push(segment)
  }
  return pieces
}

/** Characters as people see them: an emoji with its modifiers is one. */
export function graphemesOf(text: string): string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment)
}

/** Whether most letters are of scripts that are written from right to left: a name in Latin letters may be the first word. */
export function isRightToLeft(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? []
  return letters.filter((letter) => rightToLeft.test(letter)).length * 2 > letters.length
}

/** One line of text without control characters; those that would change the direction of other text are removed too. */
export function cleanText(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\ufeff]/gu, '')
    .replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
}
