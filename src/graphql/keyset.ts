import { badUserInput } from './errors.ts'
import { isRepresentable } from './scalars.ts'

const defaultPageSize = 20
const maxPageSize = 100

export interface PageArgs {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/** A total order of rows: by a column that is never null, then by id, both in the same direction. */
export interface Order<Column extends string> {
  /** Part of every cursor, so that cursors of other orders are rejected. */
  readonly name: string
  readonly column: Column
  readonly direction: 'asc' | 'desc'
  /** The type of the column's value in a cursor. */
  readonly kind: 'instant' | 'number'
}

type Position = readonly [value: Date | number, id: string]

/** Arguments of findMany for a page. One extra row is read to determine whether more rows follow. */
export interface KeysetQuery {
  readonly where: object
  readonly orderBy: object[]
  readonly take: number
}

interface Page {
  readonly size: number
  readonly backwards: boolean
  readonly after: Position | null
  readonly before: Position | null
}

/**
 * Builds the query for a page. It compares with the sort values inside the cursor, so a cursor stays valid after its
 * row is deleted, and every page reads one index range regardless of its depth. Throws a client error for a cursor of
 * another list or order.
 */
export function keysetQuery<Column extends string>(args: PageArgs, order: Order<Column>): KeysetQuery {
  const page = readPage(args, order)
  const forwards = order.direction
  const direction = page.backwards ? opposite(forwards) : forwards
  return {
    where: {
      AND: [
        ...(page.after ? [beyond(order.column, forwards, page.after)] : []),
        ...(page.before ? [beyond(order.column, opposite(forwards), page.before)] : []),
      ],
    },
    orderBy: [{ [order.column]: direction }, { id: direction }],
    take: page.size + 1,
  }
}

/** Builds the connection from the rows that the query of `keysetQuery` returned. */
export function keysetConnection<Column extends string, Row extends { id: string } & Record<Column, Date | number>>(
  rows: readonly Row[],
  args: PageArgs,
  order: Order<Column>,
  totalCount: number,
) {
  const page = readPage(args, order)
  const hasMore = rows.length > page.size
  const shown = rows.slice(0, page.size)
  if (page.backwards) shown.reverse()
  const edges = shown.map((node) => ({
    node,
    // Computed on access: most operations select only the last cursor.
    get cursor() {
      return encodeCursor(order, node[order.column], node.id)
    },
  }))
  return {
    edges,
    totalCount,
    pageInfo: {
      hasNextPage: page.before !== null || (!page.backwards && hasMore),
      hasPreviousPage: page.after !== null || (page.backwards && hasMore),
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}

function readPage(args: PageArgs, order: Order<string>): Page {
  const { first, last } = args
  if (first != null && last != null) throw badUserInput('Set either `first` or `last`, not both.')
  const size = first ?? last ?? defaultPageSize
  if (size < 0) throw badUserInput('`first` and `last` cannot be negative.')
  return {
    size: Math.min(size, maxPageSize),
    backwards: last != null || (first == null && args.before != null && args.after == null),
    after: args.after == null ? null : decodeCursor(order, args.after),
    before: args.before == null ? null : decodeCursor(order, args.before),
  }
}

const opposite = (direction: 'asc' | 'desc') => (direction === 'asc' ? 'desc' : 'asc')

/**
 * The rows after the position in that direction. The first condition follows from the second; it bounds the index
 * range.
 */
function beyond(column: string, direction: 'asc' | 'desc', [value, id]: Position): object {
  const operator = direction === 'asc' ? 'gt' : 'lt'
  return {
    [column]: { [`${operator}e`]: value },
    OR: [{ [column]: { [operator]: value } }, { id: { [operator]: id } }],
  }
}

/** The cursor of a row, outside of a page. */
export function cursorOf<Column extends string>(
  order: Order<Column>,
  row: { readonly id: string } & Record<Column, Date | number>,
): string {
  return encodeCursor(order, row[order.column], row.id)
}

/** The number in a cursor of this order, and the id; null for any other text. */
export function readCursor(
  order: Order<string>,
  cursor: string,
): { readonly value: number; readonly id: string } | null {
  const [name, value, id] = parseCursor(cursor)
  const isValid = name === order.name && typeof value === 'number' && Math.abs(value) <= maxNumber && isUuid(id)
  return isValid ? { value, id } : null
}

function encodeCursor(order: Order<string>, value: Date | number, id: string): string {
  const encoded = value instanceof Date ? value.getTime() : value
  return Buffer.from(JSON.stringify([order.name, encoded, id])).toString('base64url')
}

function decodeCursor(order: Order<string>, cursor: string): Position {
  const position = readCursor(order, cursor)
  if (!position)
    throw badUserInput('The cursor is not valid for this list and sort order. Use a cursor that this list returned.')
  const { value, id } = position
  if (order.kind === 'number') return [value, id]
  const instant = new Date(value)
  if (!isRepresentable(instant)) throw badUserInput('The cursor is not valid. Use a cursor that this list returned.')
  return [instant, id]
}

/** No stored number is this large. The largest double, 1.8e308, is rounded out of range on the way to Postgres. */
const maxNumber = 1e300

function parseCursor(cursor: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor.slice(0, 500), 'base64url').toString())
    return Array.isArray(parsed) ? parsed : []
  } catch {
    return []
  }
}

function isUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)
}
