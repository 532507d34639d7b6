import type { Clock } from './clock.ts'
import { ProviderUnavailable } from './errors.ts'

/** How the delays between attempts grow. */
export interface Backoff {
  /** After the first failure. */
  readonly firstDelayMs: number
  /** Of each delay to the one before. Default 2. */
  readonly factor?: number
  readonly maxDelayMs: number
  /** The random part of each delay: 0.5 gives between half of it and all. Default 0. */
  readonly jitter?: number
}

/** How often an operation is attempted, and after which delays. */
export interface RetryPolicy extends Backoff {
  /** With the first one. */
  readonly maxAttempts: number
  /** A provider that requests a longer delay by Retry-After is not retried. */
  readonly maxRetryAfterMs: number
}

export interface RetryClock {
  readonly clock: Clock
  /** Resolves after `ms`; may reject to end the retries, for example when the command is stopped. */
  readonly wait: (ms: number) => Promise<void>
}

/** The delay after that many failures in a row (from 1). */
export function delayOf(
  { firstDelayMs, factor = 2, maxDelayMs, jitter = 0 }: Backoff,
  failures: number,
  random: () => number = Math.random,
): number {
  const delay = Math.min(firstDelayMs * factor ** (failures - 1), maxDelayMs)
  return Math.round(delay * (1 - jitter + jitter * random()))
}

/**
 * The delay where nobody counts the attempts: as long as has passed since the first one. It doubles the time between two
 * attempts, within the bounds.
 */
export function delaySince(elapsedMs: number, { firstDelayMs, maxDelayMs }: Backoff): number {
  return Math.min(Math.max(elapsedMs, firstDelayMs), maxDelayMs)
}

/** The instant that a Retry-After header names, in seconds or as a date; null where it names none. */
export function parseRetryAfter(header: string | null, now: Date): Date | null {
  const text = header?.trim() ?? ''
  if (/^\d{1,6}$/.test(text)) return new Date(now.getTime() + Number(text) * 1_000)
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? null : date
}

/**
 * Repeats `attempt` while it throws ProviderUnavailable: at its `retryAt`, or else after the policy's delays. Throws the
 * last ProviderUnavailable when the policy ends the retries, and every other error at once.
 *
 * Not p-retry: as of version 9 it computes each delay from its own options and waits with the global setTimeout. To
 * follow Retry-After and to inject the wait, `onFailedAttempt` would have to wait instead, with the package's own delay
 * set to 0; then only this loop is left of it.
 */
export async function retry<Result>(
  { clock, wait }: RetryClock,
  policy: RetryPolicy,
  attempt: () => Promise<Result>,
): Promise<Result> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof ProviderUnavailable) || failures === policy.maxAttempts) throw error
      const requestedMs = error.retryAt && Math.max(0, error.retryAt.getTime() - clock().getTime())
      if (requestedMs !== null && requestedMs > policy.maxRetryAfterMs) throw error
      await wait(requestedMs ?? delayOf(policy, failures))
    }
  }
}
