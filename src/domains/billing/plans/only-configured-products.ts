import type { Prisma } from '../../../generated/prisma/client.ts'
import type { Plans } from './plans.ts'

/** Selects the subscriptions whose product is configured, as `productOf` finds it. Others are stored and not shown. */
export function onlyConfiguredProducts({ products }: Plans): { OR: Prisma.PlanSubscriptionWhereInput[] } {
  const ids = products.filter(({ tier }) => tier !== null).flatMap(({ storeProducts }) => [...storeProducts])
  const basePlans = ids
    .filter((id) => !id.includes(':'))
    .map((id) => ({ productId: { startsWith: `${escaped(id)}:` } }))
  return { OR: [{ productId: { in: ids } }, ...basePlans] }
}

/** Prisma translates startsWith to LIKE and does not escape wildcards. */
function escaped(text: string): string {
  return text.replace(/[\\%_]/g, String.raw`\$&`)
}
