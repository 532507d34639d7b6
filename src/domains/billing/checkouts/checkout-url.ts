import type { Checkout } from '../../../generated/prisma/client.ts'
import type { Plans } from '../plans/plans.ts'
import type { RevenueCat } from '../ports.ts'
import { checkoutStatusAt } from './checkout-status.ts'

/**
 * The URL where the user buys. Null unless the checkout is READY and has not expired. The URL contains the user's email
 * address, so it is built on read and never stored.
 */
export function checkoutUrl(
  { plans, revenueCat }: { readonly plans: Plans; readonly revenueCat: RevenueCat },
  checkout: Checkout,
  { email, now }: { readonly email: string | null; readonly now: Date },
): URL | null {
  if (checkoutStatusAt(checkout, now) !== 'READY' || !revenueCat.canSell) return null
  const product = plans.products.find(({ key }) => key === checkout.productKey)
  if (!product?.webPackage) return null
  const { webPackage: packageId, currency } = product
  return revenueCat.purchaseLink({ userId: checkout.userId, email, packageId, currency })
}
