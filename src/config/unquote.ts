/** Removes surrounding whitespace and one pair of quotes, which `docker run --env-file` and some hosts keep. */
export function unquote(text: string): string {
  const trimmed = text.trim()
  const [, , quoted] = /^(["'])((?:(?!\1).)*)\1$/s.exec(trimmed) ?? []
  return quoted?.trim() ?? trimmed
}
