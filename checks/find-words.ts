import type { ForbiddenWords } from './forbidden-words.ts'

export interface FoundWord {
  /** As the list has it. */
  readonly word: string
  readonly use: string
  /** Counts from 1. */
  readonly line: number
}

interface Phrase {
  readonly parts: readonly string[]
  readonly word: string
  readonly use: string
  readonly except: readonly (readonly string[])[]
}

interface Part {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** Words, numbers and the parts of names: a camel-case or snake-case name has several. */
const part = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g

/** What may stand between the words of a phrase: space, a hyphen, the beginning of the next line of a comment. */
const gap = /^(?:[-_]|\s+(?:[*#>]|\/\/\/?|--)?\s*)?$/

/** Finds forbidden words in source text or prose, in names and comments alike. */
export function createWordFinder(list: readonly ForbiddenWords[]): (text: string) => FoundWord[] {
  const phrases = Map.groupBy(
    list.flatMap(({ words, use, except = [] }) =>
      words.map(
        (word): Phrase => ({ parts: word.split(' '), word, use, except: except.map((each) => each.split(' ')) }),
      ),
    ),
    ({ parts }) => parts[0] ?? '',
  )
  return (text) => {
    const parts = [...text.matchAll(part)].map((found) => ({
      text: found[0].toLowerCase(),
      start: found.index,
      end: found.index + found[0].length,
    }))
    return parts.flatMap(({ text: first, start }, index) =>
      (phrases.get(first) ?? [])
        .filter((phrase) => isAt(text, parts, index, phrase.parts) && !isExcepted(text, parts, index, phrase))
        .map(({ word, use }) => ({ word, use, line: lineAt(text, start) })),
    )
  }
}

function isAt(text: string, parts: readonly Part[], index: number, words: readonly string[]): boolean {
  return words.every((word, offset) => {
    const [before, found] = [parts[index + offset - 1], parts[index + offset]]
    if (found?.text !== word) return false
    return offset === 0 || (before !== undefined && gap.test(text.slice(before.end, found.start)))
  })
}

/** Whether the phrase is a part of one that is fine, here. */
function isExcepted(text: string, parts: readonly Part[], index: number, { parts: words, except }: Phrase): boolean {
  return except.some((longer) => {
    const offset = longer.indexOf(words[0] ?? '')
    return offset >= 0 && isAt(text, parts, index - offset, longer)
  })
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length
}
