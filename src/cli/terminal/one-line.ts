/** A text in one line; what others sent us must not move the cursor of a terminal or paint it. */
export function oneLine(text: string, longest: number): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line
}
