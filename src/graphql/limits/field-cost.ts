/**
 * The cost of a field without its selection. 1 is about one row read. Unless declared otherwise, a field of an object
 * type costs 1, a list of objects 10, and a scalar or enum 0.
 */
export interface FieldCost {
  readonly own?: Amount
  /** The number of items in a list; the cost of its selection is multiplied by it. */
  readonly items?: Amount
  /**
   * The cost of an event of a subscription field, by what the field resolved. Unless declared, each event after the first
   * costs as much as the operation. A method, so that a declaration may name the type of its own events.
   */
  perEvent?(event: unknown, operationCost: number): number
}

type Amount = number | ((args: Readonly<Record<string, unknown>>) => number)

/** The `extensions` of a field that declare its cost. */
export const costing = (cost: FieldCost) => ({ cost })

const defaultPage = 20
const largestPage = 100

/** The cost of a connection: the cost in the selection on its edges times the page length. */
export const pageCost: FieldCost = {
  items: ({ first, last }) => countOf(first ?? last ?? defaultPage, largestPage),
}

/** The count in an argument that is not validated yet, at most `max`. */
export function countOf(requested: unknown, max: number): number {
  return typeof requested === 'number' && requested < max ? Math.max(requested, 0) : max
}

/** The cost of text that is sent: 1 for each KiB that is begun, as its read takes one statement. */
export const textCost = (text: string): number => Math.ceil(text.length / 1_024)
