import type { Prisma, User } from '../../../generated/prisma/client.ts'
import type { Reader } from '../../../platform/database/db.ts'
import type { Emails } from '../emails.ts'

/** A user of the older system who is not linked to a Clerk user yet, and has an address to be found by. */
export type UnlinkedUser = Pick<User, 'id' | 'firstName' | 'lastName' | 'emailIndex'> & {
  readonly legacyId: string
  readonly email: string
}

/** Which rows are not linked yet. */
export const unlinked = {
  clerkId: null,
  legacyId: { not: null },
  standing: 'ACTIVE',
} as const satisfies Prisma.UserWhereInput

/** How many users are not linked: those with an address, and those without. */
export async function countUnlinkedUsers(db: Reader): Promise<{ withAddress: number; withoutAddress: number }> {
  return {
    withAddress: await db.user.count({ where: { ...unlinked, emailIndex: { not: null } } }),
    withoutAddress: await db.user.count({ where: { ...unlinked, emailIndex: null } }),
  }
}

/** The next users who are not linked and have an address, in the order of their ids. */
export async function readUnlinkedUsers(
  { db, emails }: { readonly db: Reader; readonly emails: Emails },
  { afterId, limit }: { readonly afterId: string | null; readonly limit: number },
): Promise<UnlinkedUser[]> {
  const rows = await db.user.findMany({
    where: { ...unlinked, emailIndex: { not: null }, ...(afterId === null ? {} : { id: { gt: afterId } }) },
    select: { id: true, legacyId: true, firstName: true, lastName: true, emailEncrypted: true, emailIndex: true },
    orderBy: { id: 'asc' },
    take: limit,
  })
  return rows.map(({ emailEncrypted, legacyId, ...row }) => ({
    ...row,
    legacyId: legacyId ?? '',
    email: emails.read(emailEncrypted) ?? '',
  }))
}

/** All users who are not linked and have one of these addresses or legacy ids. */
export function findUnlinkedUsers(
  db: Reader,
  { emailIndexes, legacyIds }: { readonly emailIndexes: readonly string[]; readonly legacyIds: readonly string[] },
): Promise<Pick<User, 'legacyId' | 'emailIndex'>[]> {
  return db.user.findMany({
    where: { ...unlinked, OR: [{ emailIndex: { in: [...emailIndexes] } }, { legacyId: { in: [...legacyIds] } }] },
    select: { legacyId: true, emailIndex: true },
  })
}

/** The users who have one of these ids in the older system. */
export function findLegacyUsers(
  db: Reader,
  legacyIds: readonly string[],
): Promise<Pick<User, 'id' | 'legacyId' | 'clerkId' | 'standing' | 'isPresent'>[]> {
  return db.user.findMany({
    where: { legacyId: { in: [...legacyIds] } },
    select: { id: true, legacyId: true, clerkId: true, standing: true, isPresent: true },
  })
}

/** The users who are linked to one of these Clerk users. */
export function findLinkedUsers(
  db: Reader,
  clerkIds: readonly string[],
): Promise<Pick<User, 'clerkId' | 'standing'>[]> {
  return db.user.findMany({ where: { clerkId: { in: [...clerkIds] } }, select: { clerkId: true, standing: true } })
}
