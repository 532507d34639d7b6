import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'
import type { Plans } from '../domains/billing/plans/plans.ts'

/** Writes a PLANS_FILE into the run's data folder and returns its path. */
export function writePlans({ products, ...others }: Plans): string {
  const file = join(mkdtempSync(join(inject('dataDir'), 'plans-')), 'plans.json')
  // Each kind of product has fields of its own in the file.
  const sold = products.map(({ tier, credits, ...product }) => ({
    ...product,
    ...(product.kind === 'SUBSCRIPTION' ? { tier } : { credits }),
  }))
  writeFileSync(file, JSON.stringify({ ...others, products: sold }))
  return file
}
