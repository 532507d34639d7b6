import type { StoredEvent } from './event-order.ts'

/** Which purchases in a store's test environment count. */
export interface SandboxRules {
  /** Whether all of them count. */
  readonly allowed: boolean
  /** Otherwise only those of customers with one of these names at RevenueCat, hashed. */
  readonly testers: readonly string[]
}

/** Whether an event counts. An event without an environment counts as PRODUCTION. */
export function isPermitted(
  { environment, names, transferredTo }: Pick<StoredEvent, 'environment' | 'names' | 'transferredTo'>,
  { allowed, testers }: SandboxRules,
): boolean {
  return environment !== 'SANDBOX' || allowed || [...names, ...transferredTo].some((name) => testers.includes(name))
}
