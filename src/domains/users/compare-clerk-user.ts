import type { User } from '../../generated/prisma/client.ts'
import type { Emails } from './emails.ts'
import type { ClerkUser } from './ports.ts'

/** The columns that are compared with Clerk's users. */
export const comparedColumns = {
  clerkId: true,
  legacyId: true,
  standing: true,
  lockedUntil: true,
  emailEncrypted: true,
  emailIndex: true,
  firstName: true,
  lastName: true,
  username: true,
  imageUrl: true,
} as const

export type ComparedRow = Pick<User, keyof typeof comparedColumns>

/** Clerk returns the rest of a lock in whole seconds, so its computed end is slightly later with each response. */
const lockToleranceMs = 60_000

/**
 * The names of the fields in which a row differs from the Clerk user as returned at `reportedAt`. Never values, since the
 * result is printed.
 */
export function compareClerkUser(
  emails: Emails,
  { row, user, reportedAt }: { row: ComparedRow; user: ClerkUser; reportedAt: Date },
): string[] {
  const emailIndex = user.email === null ? null : emails.indexOf(user.email)
  const differs = {
    'e-mail': row.emailIndex !== emailIndex || emails.read(row.emailEncrypted) !== user.email,
    'first name': row.firstName !== user.firstName,
    'last name': row.lastName !== user.lastName,
    username: row.username !== user.username,
    picture: row.imageUrl !== user.imageUrl,
    'ban set': user.banned && row.standing !== 'BANNED',
    'ban lifted': !user.banned && row.standing === 'BANNED',
    ...compareLocks(row, user, reportedAt),
  }
  return Object.entries(differs).flatMap(([field, isSo]) => (isSo ? field : []))
}

function compareLocks({ standing, lockedUntil }: ComparedRow, user: ClerkUser, reportedAt: Date) {
  const isLocked = user.locked && !user.banned
  const { lockoutSeconds } = user
  const until = lockoutSeconds === null ? null : reportedAt.getTime() + lockoutSeconds * 1_000
  const since = lockedUntil === null ? null : lockedUntil.getTime()
  const isSameEnd = until === null || since === null ? until === since : Math.abs(until - since) < lockToleranceMs
  return {
    'lock set': isLocked && standing !== 'LOCKED',
    'lock lifted': !isLocked && standing === 'LOCKED',
    'end of lock': isLocked && standing === 'LOCKED' && !isSameEnd,
  }
}
