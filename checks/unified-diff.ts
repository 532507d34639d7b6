import { createTwoFilesPatch } from 'diff'

export interface NamedText {
  readonly name: string
  readonly text: string
}

/** The lines to remove (-) and to add (+) to turn the first text into the second, with three lines of context. */
export function unifiedDiff(from: NamedText, to: NamedText): string {
  return createTwoFilesPatch(from.name, to.name, from.text, to.text, '', '', { context: 3 })
}
