import type { Prisma, User } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/db.ts'
import type { ArrivalPorts } from './arrival.ts'
import { type Patience, patiently } from './patiently.ts'
import type { ClerkDirectory, ClerkUser } from './ports.ts'

export interface MatchPorts extends Patience, ArrivalPorts {
  readonly db: Database
  readonly directory: ClerkDirectory
}

/** A row of the older system, with its address. */
export type LegacyRow = Pick<User, 'id' | 'firstName' | 'lastName' | 'emailIndex'> & {
  readonly legacyId: string
  readonly email: string
}

export type Match =
  | { readonly kind: 'found'; readonly user: ClerkUser }
  | {
      readonly kind:
        | 'nobody at Clerk'
        | 'not verified'
        | 'ambiguous'
        | 'has an account here already'
        | 'was deleted here'
      readonly clerkIds: readonly string[]
    }

/** Rows of the older system that wait for their Clerk user. */
export const waiting = {
  clerkId: null,
  legacyId: { not: null },
  standing: 'ACTIVE',
} as const satisfies Prisma.UserWhereInput

interface Candidate {
  readonly user: ClerkUser
  /** Of the addresses that they have proved to own. */
  readonly indexes: ReadonlySet<string>
}

/**
 * Who at Clerk each row belongs to. 'found' only where exactly one user has verified the row's address, no other waiting
 * row has that address or another one of that user's, and no row here is that user's yet.
 */
export async function findLegacyMatches(
  ports: MatchPorts,
  rows: readonly LegacyRow[],
): Promise<{ row: LegacyRow; match: Match }[]> {
  const { db, directory, emails } = ports
  const users = await patiently(ports, () => directory.listByEmails(rows.map(({ email }) => email)))
  const candidates = users.map((user) => ({ user, indexes: new Set(user.verifiedEmails.map(emails.indexOf)) }))
  const rivals = await db.prisma.user.findMany({
    where: {
      ...waiting,
      OR: [
        { emailIndex: { in: [...rows.flatMap((row) => row.emailIndex ?? []), ...candidates.flatMap(allIndexes)] } },
        { legacyId: { in: users.flatMap(({ externalId }) => externalId ?? []) } },
      ],
    },
    select: { legacyId: true, emailIndex: true },
  })
  const holders = await db.prisma.user.findMany({
    where: { clerkId: { in: users.map(({ clerkId }) => clerkId) } },
    select: { clerkId: true, standing: true },
  })
  const standingOf = new Map(holders.map(({ clerkId, standing }) => [clerkId, standing]))

  const matchOf = (row: LegacyRow): Match => {
    const owners = candidates.filter(({ indexes }) => indexes.has(row.emailIndex ?? ''))
    const clerkIds = owners.map(({ user }) => user.clerkId)
    const [owner] = owners
    const sameAddress = rivals.filter(({ emailIndex }) => emailIndex === row.emailIndex)
    if (owners.length > 1 || sameAddress.length > 1) return { kind: 'ambiguous', clerkIds }
    if (!owner) return { kind: 'nobody at Clerk', clerkIds }
    const standing = standingOf.get(owner.user.clerkId)
    if (standing === 'DELETING' || standing === 'DELETED') return { kind: 'was deleted here', clerkIds }
    if (standing) return { kind: 'has an account here already', clerkIds }
    const claims = rivals.filter(
      ({ emailIndex, legacyId }) => owner.indexes.has(emailIndex ?? '') || legacyId === owner.user.externalId,
    )
    return claims.length > 1 ? { kind: 'ambiguous', clerkIds } : { kind: 'found', user: owner.user }
  }

  const wanted = new Set(rows.map(({ emailIndex }) => emailIndex))
  const isUnexplained = candidates.some(({ indexes }) => wanted.isDisjointFrom(indexes))
  const matches: { row: LegacyRow; match: Match }[] = []
  for (const row of rows) {
    const match = matchOf(row)
    const mayBeUnverified = match.kind === 'nobody at Clerk' && isUnexplained
    matches.push({ row, match: mayBeUnverified ? await askForUnverified(ports, row) : match })
  }
  return matches
}

const allIndexes = ({ indexes }: Candidate) => [...indexes]

/** Clerk also answers with whoever has an address unverified, without saying which of the asked ones it was. */
async function askForUnverified(ports: MatchPorts, { email }: LegacyRow): Promise<Match> {
  const users = await patiently(ports, () => ports.directory.listByEmails([email]))
  const clerkIds = users.map(({ clerkId }) => clerkId)
  return { kind: clerkIds.length > 0 ? 'not verified' : 'nobody at Clerk', clerkIds }
}
