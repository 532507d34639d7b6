import type { Plans, Product } from './plans.ts'

/**
 * Finds the configured product of a store's product id. Null if there is none. An entry with a base plan (premium:monthly)
 * has priority over one without (premium), which matches every base plan.
 */
export function productOf({ products }: Plans, storeProductId: string): Product | null {
  const withId = (id: string) => products.find(({ storeProducts }) => storeProducts.includes(id))
  const [subscription = ''] = storeProductId.split(':')
  return withId(storeProductId) ?? withId(subscription) ?? null
}
