/** The longest delay of a timer, 24.8 days; no token is valid for so long. */
const longestDelayMs = 2 ** 31 - 1

/** The delay of a timer for an instant, in milliseconds: 0 for one that has passed. */
export function delayUntil(instant: Date, now: Date): number {
  return Math.min(Math.max(instant.getTime() - now.getTime(), 0), longestDelayMs)
}
