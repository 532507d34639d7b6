import type { StoredEvent } from './event-order.ts'

/** Whose purchases in a store's test environment count. */
export interface SandboxRules {
  /** Everybody's. */
  readonly allowed: boolean
  /** Otherwise those of whoever has one of these names at RevenueCat. */
  readonly testers: readonly string[]
}

/** Whether an event counts. One that does not say where it happened, happened where people pay. */
export function isPermitted(
  { environment, names, transferredTo }: Pick<StoredEvent, 'environment' | 'names' | 'transferredTo'>,
  { allowed, testers }: SandboxRules,
): boolean {
  return environment !== 'SANDBOX' || allowed || [...names, ...transferredTo].some((name) => testers.includes(name))
}
