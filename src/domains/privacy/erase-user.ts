import type { Clock } from '../../platform/clock.ts'
import type { Database, Tx } from '../../platform/database/db.ts'
import type { ErasedPerson, PersonalData } from '../../platform/personal-data.ts'
import { enqueue } from '../../platform/queue/jobs.ts'
import type { ClerkDirectory, Emails } from '../users/index.ts'
import { eraseStragglers } from './jobs.ts'
import { keepErasedAddress } from './keep-erased-address.ts'

export interface EraseUserPorts {
  readonly db: Database
  /** Null where no secret key is configured: then there is nobody to delete at Clerk. */
  readonly directory: ClerkDirectory | null
  readonly emails: Emails
  readonly personalData: readonly PersonalData[]
  readonly clock: Clock
}

/** Longer than any request takes that was let in before its person was refused, and than its addresses live. */
const stragglersMs = 15 * 60_000

/**
 * Erases a person who is DELETING: at Clerk, then what lies outside the database, then the rows in one transaction, which
 * leaves the tombstone. Each step can be done again, so it can be stopped anywhere and run by two at once.
 */
export async function eraseUser(ports: EraseUserPorts, userId: string): Promise<void> {
  const { db, directory, personalData } = ports
  const person = await db.prisma.user.findUnique({
    where: { id: userId, standing: 'DELETING' },
    select: { clerkId: true },
  })
  if (!person) return
  if (directory && person.clerkId !== null) await directory.deleteUser(person.clerkId)
  const erased = { userId, now: ports.clock() }
  await eraseAhead(personalData, erased)
  await db.transaction((tx) => bury(tx, ports, erased))
}

/** Erases what requests added that were on their way while the person began to be deleted; the tombstone stays. */
export async function eraseLate({ db, personalData, clock }: EraseUserPorts, userId: string): Promise<void> {
  const isTombstone = await db.prisma.user.count({ where: { id: userId, standing: 'DELETED' } })
  if (isTombstone === 0) return
  const erased = { userId, now: clock() }
  await eraseAhead(personalData, erased)
  await db.transaction((tx) => eraseRows(tx, personalData, erased))
}

async function eraseAhead(personalData: readonly PersonalData[], person: ErasedPerson): Promise<void> {
  for (const data of personalData) await data.eraseAhead?.(person)
}

/** Takes the person's row before all others, as whoever applies an event of theirs does. */
async function bury(tx: Tx, { emails, personalData }: EraseUserPorts, person: ErasedPerson): Promise<void> {
  const { userId, now } = person
  const [row] = await tx.$queryRaw<{ emailSealed: Uint8Array | null }[]>`
    SELECT email_sealed AS "emailSealed" FROM users WHERE id = ${userId}::uuid AND standing = 'DELETING' FOR UPDATE`
  if (!row) return
  await keepErasedAddress(tx, emails, { emailSealed: row.emailSealed, now })
  await eraseRows(tx, personalData, person)
  await enqueue(tx, eraseStragglers, { userId }, { key: userId, runAt: new Date(now.getTime() + stragglersMs) })
}

async function eraseRows(tx: Tx, personalData: readonly PersonalData[], person: ErasedPerson): Promise<void> {
  for (const data of personalData) await data.eraseRows(tx, person)
}
