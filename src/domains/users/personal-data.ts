import type { Prisma } from '../../generated/prisma/client.ts'
import type { Reader } from '../../platform/database/db.ts'
import type { PersonalData } from '../../platform/personal-data.ts'
import { clerkSource } from './clerk-inbox.ts'
import type { Emails } from './emails.ts'

/** What the database makes of the rest, to find the person by. */
const notOfThePerson = {
  emailIndex: true,
  isPresent: true,
  fullNameFolded: true,
  lastNameFolded: true,
  usernameFolded: true,
} as const

/**
 * The person's own row. Erasing leaves a tombstone: its id, for what must be kept and names nobody; Clerk's id, so that
 * nothing late makes the person anew; when it came to be here.
 */
export function userOfPerson({ emails }: { emails: Emails }): PersonalData {
  return {
    tables: ['users'],
    async *exportFiles(db, userId) {
      const row = await db.user.findUniqueOrThrow({ where: { id: userId }, omit: notOfThePerson })
      const { emailSealed, ...profile } = row
      yield { path: 'profile.json', json: { ...profile, email: emails.read(emailSealed) } }
    },
    async eraseRows(tx, { userId }) {
      await tx.user.update({
        where: { id: userId },
        data: {
          standing: 'DELETED',
          emailSealed: null,
          emailIndex: null,
          firstName: null,
          lastName: null,
          username: null,
          imageUrl: null,
          legacyId: null,
          legacyCredits: 0,
          timeZone: 'UTC',
          locale: 'en',
          role: 'USER',
          lockedUntil: null,
        },
      })
    },
  }
}

/** What Clerk told of a person; nothing of people of the older system who have not been linked. */
export async function clerkEventsOf(db: Reader, userId: string): Promise<Prisma.InboxEventWhereInput> {
  const { clerkId } = await db.user.findUniqueOrThrow({ where: { id: userId }, select: { clerkId: true } })
  return { source: clerkSource, subject: { in: clerkId === null ? [] : [clerkId] } }
}
