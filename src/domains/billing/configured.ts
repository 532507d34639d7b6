import type { Plans } from '../../config/plans.ts'
import type { Prisma } from '../../generated/prisma/client.ts'

/** The subscriptions that `productOf` knows: those of a product that nobody configured are kept and not shown. */
export function configuredOnly({ products }: Plans): { OR: Prisma.PlanSubscriptionWhereInput[] } {
  const ids = products.filter(({ tier }) => tier !== null).flatMap(({ storeProducts }) => [...storeProducts])
  const basePlans = ids
    .filter((id) => !id.includes(':'))
    .map((id) => ({ productId: { startsWith: `${escaped(id)}:` } }))
  return { OR: [{ productId: { in: ids } }, ...basePlans] }
}

/** Prisma makes a LIKE of it and leaves the wildcards as they are. */
function escaped(text: string): string {
  return text.replace(/[\\%_]/g, String.raw`\$&`)
}
