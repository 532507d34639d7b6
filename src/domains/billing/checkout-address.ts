import type { Plans } from '../../config/plans.ts'
import type { Checkout } from '../../generated/prisma/client.ts'
import { checkoutStatusAt } from './checkout-status.ts'
import type { RevenueCat } from './ports.ts'

/**
 * Where the person buys; null unless READY and not over. It holds their e-mail, so it is built when somebody asks and is
 * stored nowhere.
 */
export function checkoutAddress(
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
