import type { RevenueCat } from '../../domains/billing/index.ts'
import { type Check, ok } from './finding.ts'

/** API v1 makes the customer that it is asked for: this one, once, and nobody's. */
const probe = 'pacer-doctor'

/** Whether the key of API v1 reads customers. */
export function checkRevenueCat(revenueCat: RevenueCat): Check[] {
  const what = 'RevenueCat key'
  if (!revenueCat.canRead) return [{ what, todo: '', run: async () => [ok(what, 'REVENUECAT_API_KEY is not set')] }]
  const todo = 'Copy REVENUECAT_API_KEY anew: dashboard, API keys, a secret key of version 1.'
  const asks = {
    name: 'RevenueCat',
    todo: 'No key is wrong by that. Check the way there and https://status.revenuecat.com; then run it again.',
  }
  const run = async () => {
    const { subscriptions } = await revenueCat.readCustomer(probe)
    return [ok(what, `reads customers (${probe} has ${subscriptions.length} subscriptions)`)]
  }
  return [{ what, todo, asks, run }]
}
