import { badUserInput } from './errors.ts'
import { isSayable } from './scalars.ts'

const defaultPageSize = 20
const maxPageSize = 100

export interface PageArgs {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/** A total order of rows: by one column that is never null, then by id, both in the same direction. */
export interface Order<Column extends string> {
  /** Part of every cursor, so that one from another order is refused. */
  readonly name: string
  readonly column: Column
  readonly direction: 'asc' | 'desc'
  /** The column's value as a cursor holds it. */
  readonly kind: 'instant' | 'number'
}

type Position = readonly [value: Date | number, id: string]

/** What a page asks of the database, as arguments of findMany: one row more than the page, to see whether more follow. */
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
 * The rows of a page by comparing with the cursor's own sort values: a cursor outlives its row, and every page costs
 * one index range whatever its depth. Throws a client error for a cursor of another list or order.
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

/** The connection of the rows that `keysetQuery` found. */
export function keysetConnection<Column extends string, Row extends { id: string } & Record<Column, Date | number>>(
  rows: readonly Row[],
  args: PageArgs,
  order: Order<Column>,
  totalCount: number,
) {
  const page = readPage(args, order)
  const isMore = rows.length > page.size
  const shown = rows.slice(0, page.size)
  if (page.backwards) shown.reverse()
  const edges = shown.map((node) => ({
    node,
    // Of most lists no cursor but the last is asked for.
    get cursor() {
      return encodeCursor(order, node[order.column], node.id)
    },
  }))
  return {
    edges,
    totalCount,
    pageInfo: {
      hasNextPage: page.before !== null || (!page.backwards && isMore),
      hasPreviousPage: page.after !== null || (page.backwards && isMore),
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}

function readPage(args: PageArgs, order: Order<string>): Page {
  const { first, last } = args
  if (first != null && last != null) throw badUserInput('Give `first` or `last`, not both.')
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

/** Behind the position in that direction. The first condition is implied by the second: it is the index's range. */
function beyond(column: string, direction: 'asc' | 'desc', [value, id]: Position): object {
  const past = direction === 'asc' ? 'gt' : 'lt'
  return {
    [column]: { [`${past}e`]: value },
    OR: [{ [column]: { [past]: value } }, { id: { [past]: id } }],
  }
}

function encodeCursor(order: Order<string>, value: Date | number, id: string): string {
  const held = value instanceof Date ? value.getTime() : value
  return Buffer.from(JSON.stringify([order.name, held, id])).toString('base64url')
}

function decodeCursor(order: Order<string>, cursor: string): Position {
  const [name, value, id] = parseCursor(cursor)
  const isOurs = name === order.name && typeof value === 'number' && Math.abs(value) <= maxNumber && isUuid(id)
  if (!isOurs)
    throw badUserInput('This cursor is not of this list and order. Take cursors from the list that you page through.')
  if (order.kind === 'number') return [value, id]
  const instant = new Date(value)
  if (!isSayable(instant)) throw badUserInput('This cursor is damaged.')
  return [instant, id]
}

/** No number of ours is as large; the largest of all, 1.8e308, is rounded out of range on its way to Postgres. */
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
