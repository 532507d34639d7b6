import type { Prisma, User } from '../../../generated/prisma/client.ts'
import type { Reader } from '../../../platform/database/db.ts'

/** The columns and relations that a GraphQL field of type User reads, as Pothos derives them from the selection. */
export type UserQuery = Pick<Prisma.UserFindUniqueOrThrowArgs, 'select' | 'include'>

/** The user of a GraphQL field in another domain. Throws if there is no such user. */
export function findUser(db: Reader, query: UserQuery, userId: string): Promise<User> {
  return db.user.findUniqueOrThrow({ ...query, where: { id: userId } })
}
