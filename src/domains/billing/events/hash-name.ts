import { type BlindIndex, createBlindIndex } from '../../../platform/encryption/blind-index.ts'
import type { PurchaseEvent } from '../ports.ts'

/**
 * Hashes a name of RevenueCat's with the key EMAIL_INDEX_KEY. Events are kept for ever and hold hashes only: a name may be
 * an address or another text that an app has chosen. billing_names has the readable names and is erasable.
 */
export type HashName = BlindIndex

export function createHashName(indexKey: string): HashName {
  return createBlindIndex(indexKey, 'billing_names')
}

/** The event with hashes in place of its names. */
export function withHashedNames(hashName: HashName, event: PurchaseEvent): PurchaseEvent {
  return { ...event, names: event.names.map(hashName), transferredTo: event.transferredTo.map(hashName) }
}
