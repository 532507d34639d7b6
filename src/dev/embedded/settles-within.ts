import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a promise, but no longer than this; true when it settled in time. Leaves no timer behind. */
export async function settlesWithin(seconds: number, promise: Promise<unknown>): Promise<boolean> {
  const patience = new AbortController()
  const late = sleep(seconds * 1000, false, { signal: patience.signal }).catch(() => false)
  const inTime = await Promise.race([promise.then(() => true), late])
  patience.abort()
  return inTime
}
