import type { Context } from './context.ts'

/**
 * Options of every `prismaNode` whose rows have an owner in `userId`. Other users' rows return null, except for admins.
 * The scope is on the type, so it applies on every path to a row. A test fails for a node without it.
 */
export const ownedByUser = {
  nullable: true,
  findUnique: (id: string, { viewer }: Context) => (viewer?.isAdmin ? { id } : { id, userId: viewer?.user.id ?? '' }),
  extensions: { columnsRead: ['userId'] },
  authScopes: ({ userId }: { readonly userId: string }) => ({ read: userId }),
} as const
