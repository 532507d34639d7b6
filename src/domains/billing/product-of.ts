import type { Plans, Product } from '../../config/plans.ts'

/**
 * What a store's product is here; null where nobody configured it. An entry with a base plan (premium:monthly) wins over
 * one without (premium), which stands for every base plan of it.
 */
export function productOf({ products }: Plans, storeProductId: string): Product | null {
  const withId = (id: string) => products.find(({ storeProducts }) => storeProducts.includes(id))
  const [subscription = ''] = storeProductId.split(':')
  return withId(storeProductId) ?? withId(subscription) ?? null
}
