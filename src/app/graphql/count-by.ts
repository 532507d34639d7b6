/** Counts what is open for each key, up to a maximum. */
export interface CountBy {
  isBelowLimit(key: string): boolean
  /** False, and not counted, where the key has reached its maximum. */
  add(key: string): boolean
  remove(key: string): void
}

export function countBy(maximum: number): CountBy {
  const counts = new Map<string, number>()
  const isBelowLimit = (key: string) => (counts.get(key) ?? 0) < maximum
  return {
    isBelowLimit,
    add(key) {
      if (!isBelowLimit(key)) return false
      counts.set(key, (counts.get(key) ?? 0) + 1)
      return true
    },
    remove(key) {
      const left = (counts.get(key) ?? 1) - 1
      if (left > 0) counts.set(key, left)
      else counts.delete(key)
    },
  }
}
