/** All values of keys `expr` in rules or a dashboard, at any depth. */
export function expressionsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'expr' && typeof inner === 'string' ? [inner] : expressionsOf(inner),
  )
}

const notNames = new Set(['and', 'or', 'unless', 'bool', 'offset'])

/**
 * The metrics that a PromQL expression names: all words that are no functions or keywords, and are not inside quotes,
 * selectors, ranges or lists of labels. A word that is taken for a metric by mistake fails the test as an unknown metric.
 */
export function metricsIn(expression: string): string[] {
  const bare = expression
    .replaceAll(/\{(?:[^}"]|"[^"]*")*\}|\[[^\]]*\]|"[^"]*"/g, ' ')
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
  const words = bare.matchAll(/(?<![\w.])[a-zA-Z_:][\w:]*(?!\w|\s*\()/g)
  return [...new Set([...words].map(([word]) => word))].filter((word) => !notNames.has(word))
}
