import {
  type ClerkDirectory,
  type ClerkUser,
  findLinkedUsers,
  findUnlinkedUsers,
  type LinkLegacyUserPorts,
  type RetryClock,
  retryClerk,
  type UnlinkedUser,
} from '../../domains/users/index.ts'

export interface MatchPorts extends RetryClock, LinkLegacyUserPorts {
  readonly directory: ClerkDirectory
}

export type Match =
  | { readonly kind: 'found'; readonly user: ClerkUser }
  | {
      readonly kind: 'not found at Clerk' | 'not verified' | 'ambiguous' | 'already has an account' | 'was deleted'
      readonly clerkIds: readonly string[]
    }

interface Candidate {
  readonly user: ClerkUser
  /** Indexes of the user's verified e-mail addresses. */
  readonly indexes: ReadonlySet<string>
}

/**
 * Finds the Clerk user of each row. A match is 'found' only if exactly one Clerk user has verified the row's address, no
 * other unlinked row has an address of that user, and no row is linked to that user yet.
 */
export async function findLegacyMatches(
  ports: MatchPorts,
  rows: readonly UnlinkedUser[],
): Promise<{ row: UnlinkedUser; match: Match }[]> {
  const { db, directory, emails } = ports
  const users = await retryClerk(ports, () => directory.listByEmails(rows.map(({ email }) => email)))
  const candidates = users.map((user) => ({ user, indexes: new Set(user.verifiedEmails.map(emails.indexOf)) }))
  const unlinked = await findUnlinkedUsers(db.prisma, {
    emailIndexes: [...rows.flatMap((row) => row.emailIndex ?? []), ...candidates.flatMap(allIndexes)],
    legacyIds: users.flatMap(({ externalId }) => externalId ?? []),
  })
  const clerkIds = users.map(({ clerkId }) => clerkId)
  const linked = await findLinkedUsers(db.prisma, clerkIds)
  const standingOf = new Map(linked.map(({ clerkId, standing }) => [clerkId, standing]))

  const matchOf = (row: UnlinkedUser): Match => {
    const owners = candidates.filter(({ indexes }) => indexes.has(row.emailIndex ?? ''))
    const clerkIds = owners.map(({ user }) => user.clerkId)
    const [owner] = owners
    const sameAddress = unlinked.filter(({ emailIndex }) => emailIndex === row.emailIndex)
    if (owners.length > 1 || sameAddress.length > 1) return { kind: 'ambiguous', clerkIds }
    if (!owner) return { kind: 'not found at Clerk', clerkIds }
    const standing = standingOf.get(owner.user.clerkId)
    if (standing === 'DELETING' || standing === 'DELETED') return { kind: 'was deleted', clerkIds }
    if (standing) return { kind: 'already has an account', clerkIds }
    const claims = unlinked.filter(
      ({ emailIndex, legacyId }) => owner.indexes.has(emailIndex ?? '') || legacyId === owner.user.externalId,
    )
    return claims.length > 1 ? { kind: 'ambiguous', clerkIds } : { kind: 'found', user: owner.user }
  }

  const wanted = new Set(rows.map(({ emailIndex }) => emailIndex))
  const isUnexplained = candidates.some(({ indexes }) => wanted.isDisjointFrom(indexes))
  const matches: { row: UnlinkedUser; match: Match }[] = []
  for (const row of rows) {
    const match = matchOf(row)
    const mayBeUnverified = match.kind === 'not found at Clerk' && isUnexplained
    matches.push({ row, match: mayBeUnverified ? await findUnverified(ports, row) : match })
  }
  return matches
}

const allIndexes = ({ indexes }: Candidate) => [...indexes]

/** Clerk also returns users who have an address unverified, without saying which of the requested ones it was. */
async function findUnverified(ports: MatchPorts, { email }: UnlinkedUser): Promise<Match> {
  const users = await retryClerk(ports, () => ports.directory.listByEmails([email]))
  const clerkIds = users.map(({ clerkId }) => clerkId)
  return { kind: clerkIds.length > 0 ? 'not verified' : 'not found at Clerk', clerkIds }
}
