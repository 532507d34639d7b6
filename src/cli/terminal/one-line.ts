/** The text in one line without control characters, so that foreign text cannot send escape sequences to the terminal. */
export function oneLine(text: string, longest: number): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line
}
