import type { GraphQLResolveInfo } from 'graphql'
import type { Context } from './context.ts'
import { badUserInput } from './errors.ts'
import { decodeGlobalId, type GlobalId, toGlobalId } from './ids.ts'
import { costing, countOf } from './limits/field-cost.ts'

const maxNodes = 100

/** Each is a row by itself; GraphQL takes one id for a list of it. */
const rowsOf = (ids: unknown) => (Array.isArray(ids) ? countOf(ids.length, maxNodes) : 1)

function isNodeType(info: GraphQLResolveInfo, typename: string): boolean {
  const node = info.schema.getType('Node')
  const type = info.schema.getType(typename)
  return (
    type !== undefined && node !== undefined && 'getInterfaces' in type && type.getInterfaces().includes(node as never)
  )
}

/** The relay plugin's options: our ids, our words, and `node` that answers null for what is not there or not yours. */
export const relayOptions = {
  encodeGlobalID: (typename: string, id: string | number | bigint) => toGlobalId(typename, String(id)),
  decodeGlobalID: (globalId: string): GlobalId => {
    const decoded = decodeGlobalId(globalId)
    if (!decoded) throw badUserInput('This is not a global id.')
    return decoded
  },
  idFieldOptions: { description: 'Globally unique: it names the type too. Opaque to clients.' },
  nodeTypeOptions: { description: 'What has a global id and can be read again through `node`.' },
  nodeQueryOptions: {
    description: "Anything of yours by its global id, for admins anybody's; null when there is no such thing.",
    authScopes: { signedIn: true },
    args: { id: { description: 'The global id, as another field gave it.' } },
    resolve: (
      _root: object,
      { id }: { id: GlobalId },
      _context: Context,
      info: GraphQLResolveInfo,
      resolveNode: (id: GlobalId) => unknown,
    ) => (isNodeType(info, id.typename) ? resolveNode(id) : null),
  },
  nodesQueryOptions: {
    description:
      "Several things of yours by their global ids, for admins anybody's, in the same order, with null where there is no such thing.",
    authScopes: { signedIn: true },
    args: { ids: { description: 'The global ids, 100 at most.' } },
    extensions: costing({ own: ({ ids }) => 1 + rowsOf(ids), items: ({ ids }) => rowsOf(ids) }),
    resolve: (
      _root: object,
      args: { ids: (GlobalId | null)[] },
      _context: Context,
      info: GraphQLResolveInfo,
      resolveNodes: (ids: never[]) => Promise<unknown[]>,
    ) => {
      if (args.ids.length > maxNodes) throw badUserInput(`At most ${maxNodes} ids at once.`)
      // The plugin loads what is in `args`, not what it is handed here; a null stays null there.
      args.ids = args.ids.map((id) => (id && isNodeType(info, id.typename) ? id : null))
      return resolveNodes([])
    },
  },
  edgesFieldOptions: { description: 'What is on this page, each with its cursor.', nullable: false },
  pageInfoFieldOptions: { description: 'Where the page stands in the list.' },
  cursorFieldOptions: { description: 'Where it stands in the list.' },
  nodeFieldOptions: { description: 'What stands there.', nullable: false },
  pageInfoTypeOptions: { description: 'Where a page stands in its list.' },
  hasNextPageFieldOptions: { description: 'Whether more follows this page.' },
  hasPreviousPageFieldOptions: { description: 'Whether something precedes this page.' },
  startCursorFieldOptions: { description: "The cursor of the page's first edge; null on an empty page." },
  endCursorFieldOptions: { description: "The cursor of the page's last edge; null on an empty page." },
} as const
