import type { GraphQLResolveInfo } from 'graphql'
import type { Context } from './context.ts'
import { badUserInput } from './errors.ts'
import { decodeGlobalId, type GlobalId, toGlobalId } from './ids.ts'
import { costing, countOf } from './limits/field-cost.ts'

const maxNodes = 100

const malformed: GlobalId = { typename: '', id: '' }

/** Each ID reads one row. GraphQL accepts a single ID in place of a list. */
const rowsOf = (ids: unknown) => (Array.isArray(ids) ? countOf(ids.length, maxNodes) : 1)

function isNodeType(info: GraphQLResolveInfo, typename: string): boolean {
  const node = info.schema.getType('Node')
  const type = info.schema.getType(typename)
  return (
    type !== undefined && node !== undefined && 'getInterfaces' in type && type.getInterfaces().includes(node as never)
  )
}

/**
 * The options of the Relay plugin: ID encoding, descriptions, and a `node` that returns null for missing objects and
 * those of other users.
 */
export const relayOptions = {
  encodeGlobalID: (typename: string, id: string | number | bigint) => toGlobalId(typename, String(id)),
  // A malformed ID has no type: `node` refuses it, and in `nodes` it is null like an ID without an object.
  decodeGlobalID: (globalId: string): GlobalId => decodeGlobalId(globalId) ?? malformed,
  idFieldOptions: { description: 'The global ID. It is unique across all types; treat it as opaque.' },
  nodeTypeOptions: { description: 'An object with a global ID, which can be fetched again with `node`.' },
  nodeQueryOptions: {
    description:
      'Fetches one of your objects by its global ID. Admins can fetch objects of all users. Null if there is no such object.',
    authScopes: { signedIn: true },
    args: { id: { description: 'The global ID, as returned by an `id` field.' } },
    resolve: (
      _root: object,
      { id }: { id: GlobalId },
      _context: Context,
      info: GraphQLResolveInfo,
      resolveNode: (id: GlobalId) => unknown,
    ) => {
      if (id.typename === malformed.typename) throw badUserInput('This is not a valid global ID.')
      return isNodeType(info, id.typename) ? resolveNode(id) : null
    },
  },
  nodesQueryOptions: {
    description:
      'Fetches several of your objects by their global IDs, in the same order. Admins can fetch objects of all users. Null for an ID without an object, and for a text that is not an ID.',
    authScopes: { signedIn: true },
    args: { ids: { description: 'The global IDs, at most 100.' } },
    extensions: costing({ own: ({ ids }) => 1 + rowsOf(ids), items: ({ ids }) => rowsOf(ids) }),
    resolve: (
      _root: object,
      args: { ids: (GlobalId | null)[] },
      _context: Context,
      info: GraphQLResolveInfo,
      resolveNodes: (ids: never[]) => Promise<unknown[]>,
    ) => {
      if (args.ids.length > maxNodes) throw badUserInput(`At most ${maxNodes} IDs can be fetched at once.`)
      // The plugin loads the IDs in `args`, not the ones passed to `resolveNodes`; null stays null.
      args.ids = args.ids.map((id) => (id && isNodeType(info, id.typename) ? id : null))
      return resolveNodes([])
    },
  },
  edgesFieldOptions: { description: 'The items on this page, each with its cursor.', nullable: false },
  pageInfoFieldOptions: { description: 'The position of this page in the connection.' },
  cursorFieldOptions: { description: 'The cursor of this item.' },
  nodeFieldOptions: { description: 'The item.', nullable: false },
  pageInfoTypeOptions: { description: 'The position of a page in its connection.' },
  hasNextPageFieldOptions: { description: 'Whether there are items after this page.' },
  hasPreviousPageFieldOptions: { description: 'Whether there are items before this page.' },
  startCursorFieldOptions: { description: 'The cursor of the first edge on the page. Null if the page is empty.' },
  endCursorFieldOptions: { description: 'The cursor of the last edge on the page. Null if the page is empty.' },
} as const
