import type { Prisma } from '../../generated/prisma/client.ts'
import type { Reader } from '../../platform/database/db.ts'
import type { PersonalData } from '../../platform/personal-data.ts'
import { clerkSource } from './clerk-inbox.ts'
import type { Emails } from './emails.ts'

/** Columns that the database derives from the others, for searching. They are not exported. */
const derivedColumns = {
  emailIndex: true,
  isPresent: true,
  fullNameFolded: true,
  lastNameFolded: true,
  usernameFolded: true,
} as const

/**
 * The user's row. Erasing leaves a tombstone: the id, for records that must be kept and name nobody; Clerk's id, so that
 * a late event cannot create the user again; and the time of creation.
 */
export function profileOfUser({ emails }: { emails: Emails }): PersonalData {
  return {
    tables: ['users'],
    async *exportFiles(db, userId) {
      const row = await db.user.findUniqueOrThrow({ where: { id: userId }, omit: derivedColumns })
      const { emailEncrypted, chosenLocale, ...profile } = row
      yield { path: 'profile.json', json: { ...profile, locale: chosenLocale, email: emails.read(emailEncrypted) } }
    },
    async eraseRows(tx, { userId }) {
      await tx.user.update({
        where: { id: userId },
        data: {
          standing: 'DELETED',
          emailEncrypted: null,
          emailIndex: null,
          firstName: null,
          lastName: null,
          username: null,
          imageUrl: null,
          legacyId: null,
          legacyCredits: 0,
          timeZone: 'UTC',
          chosenLocale: null,
          role: 'USER',
          lockedUntil: null,
          clerkCreatedAt: null,
          clerkUpdatedAt: null,
        },
      })
    },
  }
}

/** Free text of a user or about them, to which append-only rows refer by its id. */
export const textsOfUser: PersonalData = {
  tables: ['personal_texts'],
  async *exportFiles(db, userId) {
    const texts = await db.personalText.findMany({
      where: { userId },
      select: { id: true, text: true },
      orderBy: { id: 'asc' },
    })
    yield { path: 'texts.json', json: texts }
  },
  async eraseRows(tx, { userId }) {
    await tx.personalText.deleteMany({ where: { userId } })
  },
}

/** The webhook events of Clerk about a user; none for users of the older system who are not linked to a Clerk user. */
export async function clerkEventsOf(db: Reader, userId: string): Promise<Prisma.InboxEventWhereInput> {
  const { clerkId } = await db.user.findUniqueOrThrow({ where: { id: userId }, select: { clerkId: true } })
  return { source: clerkSource, subject: { in: clerkId === null ? [] : [clerkId] } }
}
