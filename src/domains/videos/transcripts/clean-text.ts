/**
 * The text in one line: runs of white space and control characters become one space, since Postgres stores no NUL and
 * captions break lines by themselves. Unpaired surrogates are replaced.
 */
export function cleanText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
}
