import type { ArgBuilder } from '@pothos/core'
import type { GraphQLOutputType } from 'graphql'
import { narrowed } from './asked-columns.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { keysetConnection, keysetQuery, type Order, type PageArgs } from './keyset.ts'
import { costing, pageCost } from './limits/field-cost.ts'

/** Reads no row, and the index of all. */
const countCost = 5

builder.globalConnectionField('totalCount', (t) =>
  t.int({
    description: 'How many there are on all pages.',
    extensions: costing({ own: countCost }),
    resolve: ({ totalCount }) => totalCount,
  }),
)

/** The arguments of every connection. */
export function pageArgs(t: ArgBuilder<ExtendedTypes>, orderHint = '') {
  return {
    first: t.int({ description: 'The first so many after `after`; 20 unless told, 100 at most.' }),
    after: t.string({ description: `A cursor: the page follows it.${orderHint}` }),
    last: t.int({ description: 'The last so many before `before`; 100 at most.' }),
    before: t.string({ description: 'A cursor: the page precedes it.' }),
  }
}

type ExtendedTypes = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Types> ? Types : never

export interface PageOf<Column extends string> {
  readonly where: object
  readonly order: Order<Column>
}

/**
 * A field's `extensions` and `resolve` for a page of a relation, loaded in the one statement that loads its parents: the
 * rows by keyset, and the count only where it is asked for. (plugin-prisma's own connections count always or in another
 * statement, and their cursors die with their rows; so this hands it the selection where its own fields put theirs.)
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
      pothosPrismaSelect: (
        args: Args,
        { asked }: Context,
        nest: NestedSelection,
        selected: Selected,
        { field }: Position,
      ) => {
        const { where, order } = pageOf(args)
        const page = keysetQuery(args, order)
        const query = { ...page, where: { AND: [where, page.where] } }
        const isShown = selected().has('edges') || selected().has('pageInfo')
        const ofCursor = { id: true, [order.column]: true }
        // Where no node is asked for, nothing of the rows is but what cursors are made of.
        const rows = selected(nodePath)
          ? narrowed(nest(query, nodePath), field.type, asked, ofCursor)
          : { ...query, select: ofCursor }
        return {
          select: {
            ...(selected().has('totalCount') ? { _count: { select: { [relation]: { where } } } } : {}),
            ...(isShown ? { [relation]: rows } : {}),
          },
        }
      },
    },
    connect<Node extends Row>(parent: object, args: Args) {
      const loaded = parent as Record<string, Node[]> & { _count?: Record<string, number> }
      return keysetConnection(loaded[relation] ?? [], args, pageOf(args).order, loaded._count?.[relation] ?? 0)
    },
  }
}

const nodePath = ['edges', 'node'] as const

type NestedSelection = (query: object, path: readonly string[]) => object

/** Where the field stands in the schema. */
interface Position {
  readonly field: { readonly type: GraphQLOutputType }
}

/** The names of the fields asked for; with a path, whether the field at its end is. */
interface Selected {
  (): ReadonlySet<string>
  (path: readonly string[]): object | null
}
