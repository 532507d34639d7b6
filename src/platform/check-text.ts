import { InvalidInput } from './errors.ts'
import type { Message } from './messages/message.ts'

/** Whether a text has no control characters and is valid Unicode: Postgres stores no NUL, and JSON no unpaired surrogate. */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text)
}

interface TextRules {
  /** Of the command's input. */
  readonly field: string
  /** In code points, without white space at the ends. */
  readonly min: number
  readonly max: number
  /** What the user is told about the length. */
  readonly length: Message
  /** What the user is told about invalid characters. */
  readonly invalid: Message
}

/** Returns a text of one line without white space at its ends. Throws InvalidInput. */
export function checkText(text: string, { field, min, max, length, invalid }: TextRules): string {
  const trimmed = text.trim()
  const characters = [...trimmed].length
  if (characters < min || characters > max) throw InvalidInput.of(field, length)
  if (!isPlainText(trimmed)) throw InvalidInput.of(field, invalid)
  return trimmed
}
