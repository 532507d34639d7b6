import type { Context } from './context.ts'

/**
 * Options of every `prismaNode` whose rows name their owner in `userId`: others' rows are as if they did not exist, but
 * for admins. The scope stands on the type, so it holds on whichever way a row is reached; a test finds the node without.
 */
export const ownedByUser = {
  nullable: true,
  findUnique: (id: string, { viewer }: Context) => (viewer?.isAdmin ? { id } : { id, userId: viewer?.user.id ?? '' }),
  extensions: { columnsRead: ['userId'] },
  authScopes: ({ userId }: { readonly userId: string }) => ({ read: userId }),
} as const
