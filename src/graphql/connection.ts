import type { ArgBuilder } from '@pothos/core'
import { withParentSelect } from '../platform/compat/pothos.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { keysetConnection, keysetQuery, type Order, type PageArgs } from './keyset.ts'
import { costing, pageCost } from './limits/field-cost.ts'
import { narrowToSelection } from './selected-columns.ts'

/** A count reads no rows, but the index entries of all rows. */
const countCost = 5

builder.globalConnectionField('totalCount', (t) =>
  t.int({
    description: 'The total number of items on all pages.',
    extensions: costing({ own: countCost }),
    resolve: ({ totalCount }) => totalCount,
  }),
)

/** The arguments of every connection. */
export function pageArgs(t: ArgBuilder<ExtendedTypes>, orderNote = '') {
  return {
    first: t.int({ description: 'Returns the first n items after `after`. Default 20, maximum 100.' }),
    after: t.string({ description: `A cursor. Returns items after it.${orderNote}` }),
    last: t.int({ description: 'Returns the last n items before `before`. Maximum 100.' }),
    before: t.string({ description: 'A cursor. Returns items before it.' }),
  }
}

type ExtendedTypes = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Types> ? Types : never

export interface PageOf<Column extends string> {
  readonly where: object
  readonly order: Order<Column>
}

/**
 * The `extensions` and `connect` of a field that returns a page of a relation. The page is loaded in the statement that
 * loads the parents: rows by keyset, and the count only when it is selected. (The connections of plugin-prisma count
 * always or in a second statement, and their cursors become invalid when their row is deleted. Therefore this passes
 * the selection to the plugin through the same extension as its own fields.)
 */
export function pageOfRelation<Args extends PageArgs, Column extends string>(
  relation: string,
  pageOf: (args: Args) => PageOf<Column>,
) {
  type Row = { id: string } & Record<Column, Date | number>
  return {
    extensions: {
      ...costing(pageCost),
      columnsRead: [],
      ...withParentSelect<Args, Context>((args, { selectedFields }, nest, selected, { field }) => {
        const { where, order } = pageOf(args)
        const page = keysetQuery(args, order)
        const query = { ...page, where: { AND: [where, page.where] } }
        const needsRows = selected().has('edges') || selected().has('pageInfo')
        const cursorColumns = { id: true, [order.column]: true }
        // If no node is selected, only the columns of the cursor are read.
        const rows = selected(nodePath)
          ? narrowToSelection(nest(query, nodePath), field.type, selectedFields, cursorColumns)
          : { ...query, select: cursorColumns }
        return {
          select: {
            ...(selected().has('totalCount') ? { _count: { select: { [relation]: { where } } } } : {}),
            ...(needsRows ? { [relation]: rows } : {}),
          },
        }
      }),
    },
    connect<Node extends Row>(parent: object, args: Args) {
      const loaded = parent as Record<string, Node[]> & { _count?: Record<string, number> }
      return keysetConnection(loaded[relation] ?? [], args, pageOf(args).order, loaded._count?.[relation] ?? 0)
    },
  }
}

const nodePath = ['edges', 'node'] as const
