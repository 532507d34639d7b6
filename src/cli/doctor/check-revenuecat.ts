import type { RevenueCat } from '../../domains/billing/index.ts'
import { counted } from '../terminal/counted.ts'
import { type Check, ok } from './finding.ts'

/** API v1 creates a customer on the first read. This one belongs to no user and is created once. */
const probe = 'pacer-doctor'

/** Checks that the key of API v1 can read customers. */
export function checkRevenueCat(revenueCat: RevenueCat): Check[] {
  const what = 'RevenueCat key'
  if (!revenueCat.canRead) return [{ what, todo: '', run: async () => [ok(what, 'REVENUECAT_API_KEY is not set')] }]
  const todo = 'Copy REVENUECAT_API_KEY again: dashboard, API keys, a secret key of version 1.'
  const service = {
    name: 'RevenueCat',
    todo: 'This does not mean that a key is wrong. Check the network and https://status.revenuecat.com, then run the doctor again.',
  }
  const run = async () => {
    const { subscriptions } = await revenueCat.readCustomer(probe)
    return [ok(what, `reads customers (${probe} has ${counted(subscriptions.length, 'subscription')})`)]
  }
  return [{ what, todo, service, run }]
}
