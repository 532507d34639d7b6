import { costing } from './limits/field-cost.ts'

/** The cost of a field that signs a URL. */
export const signingCost = costing({ own: 5 })

/** How long a URL is valid: 60 to 3600 seconds; `null` is the default of the schema. */
export function validSeconds(asked: number | null | undefined): number {
  return Math.min(Math.max(asked ?? 300, 60), 3600)
}
