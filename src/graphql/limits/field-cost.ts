/**
 * What a field costs beside what is asked of its value. 1 is about one row read; a field of our own types costs that
 * unless it says otherwise, a list of them ten, plain values nothing.
 */
export interface FieldCost {
  readonly own?: Amount
  /** How many values a list has: so often what is asked of each is paid for. */
  readonly items?: Amount
}

type Amount = number | ((args: Readonly<Record<string, unknown>>) => number)

/** A field's `extensions` that say its cost. */
export const costing = (cost: FieldCost) => ({ cost })

const defaultPage = 20
const largestPage = 100

/** The cost of a connection: what is asked of its edges, so often as the page is long. */
export const pageCost: FieldCost = {
  items: ({ first, last }) => countOf(first ?? last ?? defaultPage, largestPage),
}

/** What an argument says, which is not validated yet; at most `most`. */
export function countOf(asked: unknown, most: number): number {
  return typeof asked === 'number' && asked < most ? Math.max(asked, 0) : most
}
