import {
  ClerkRefused,
  type ClerkUser,
  countUnlinkedUsers,
  linkLegacyUser,
  readUnlinkedUsers,
  retryClerk,
  type UnlinkedUser,
} from '../../domains/users/index.ts'
import { findLegacyMatches, type MatchPorts } from './find-matches.ts'

export interface LinkOptions {
  /** Creates missing users at Clerk. */
  readonly create: boolean
  /** Writes nothing, neither here nor at Clerk. */
  readonly dryRun: boolean
}

export type LinkOutcome =
  | 'linked'
  | 'created'
  | 'not found at Clerk'
  | 'not verified'
  | 'ambiguous'
  | 'already has an account'
  | 'was deleted'
  | 'refused by Clerk'

export interface LinkResult {
  readonly legacyId: string
  readonly outcome: LinkOutcome
  /** The Clerk ids concerned, or why Clerk refused. */
  readonly about: string
}

export type LinkStep =
  | { readonly kind: 'begun'; readonly total: number; readonly withoutAddress: number }
  | { readonly kind: 'batch'; readonly results: readonly LinkResult[] }

/** Clerk accepts 100 addresses, but 100 of the longest ones exceed the maximum length of a URL (16 KB). */
const batchSize = 50

/**
 * Links imported users to the Clerk users who have verified the row's address. Only one row and one user make a pair; if
 * there are more of either, the row is left alone. Each step is a batch. Linked users are not read again, so a stopped
 * run is continued by running it again.
 */
export async function* linkLegacyUsers(ports: MatchPorts, options: LinkOptions): AsyncGenerator<LinkStep, void> {
  const { withAddress: total, withoutAddress } = await countUnlinkedUsers(ports.db.prisma)
  yield { kind: 'begun', total, withoutAddress }
  for (let afterId: string | null = null; ; ) {
    const rows: UnlinkedUser[] = await readUnlinkedUsers(
      { db: ports.db.prisma, emails: ports.emails },
      { afterId, limit: batchSize },
    )
    const last = rows.at(-1)
    if (!last) return
    yield { kind: 'batch', results: await linkBatch(ports, rows, options) }
    afterId = last.id
  }
}

async function linkBatch(
  ports: MatchPorts,
  rows: readonly UnlinkedUser[],
  { create, dryRun }: LinkOptions,
): Promise<LinkResult[]> {
  const results: LinkResult[] = []
  for (const { row, match } of await findLegacyMatches(ports, rows)) {
    const { legacyId } = row
    if (match.kind === 'found') {
      const outcome = dryRun ? 'linked' : await link(ports, row, match.user)
      results.push({ legacyId, outcome, about: match.user.clerkId })
    } else if (match.kind === 'not found at Clerk' && create) {
      results.push(dryRun ? { legacyId, outcome: 'created', about: '' } : await createAndLink(ports, row))
    } else {
      results.push({ legacyId, outcome: match.kind, about: match.clerkIds.join(', ') })
    }
  }
  return results
}

async function link(
  ports: MatchPorts,
  { id: userId }: UnlinkedUser,
  user: ClerkUser,
): Promise<'linked' | 'already has an account'> {
  return (await linkLegacyUser(ports, { userId, user })) ? 'linked' : 'already has an account'
}

/**
 * Creates a user at Clerk and links them. If the process stops in between, the next run finds the user by the address,
 * which Clerk treats as verified, or the webhook about the new user links them by the legacy id.
 */
async function createAndLink(ports: MatchPorts, row: UnlinkedUser): Promise<LinkResult> {
  const { legacyId, email, firstName, lastName } = row
  try {
    const input = { externalId: legacyId, email, firstName, lastName }
    const user = await retryClerk(ports, () => ports.directory.createUser(input))
    const outcome = await link(ports, row, user)
    return { legacyId, outcome: outcome === 'linked' ? 'created' : outcome, about: user.clerkId }
  } catch (error) {
    if (!(error instanceof ClerkRefused)) throw error
    const user = await findCreated(ports, row)
    if (user) return { legacyId, outcome: await link(ports, row, user), about: user.clerkId }
    return { legacyId, outcome: 'refused by Clerk', about: error.message.replaceAll(email, '…') }
  }
}

/** If the response to the creation was lost, the retry is refused because the user exists. */
async function findCreated(
  ports: MatchPorts,
  { email, emailIndex, legacyId }: UnlinkedUser,
): Promise<ClerkUser | undefined> {
  const users = await retryClerk(ports, () => ports.directory.listByEmails([email]))
  return users.find(
    ({ externalId, verifiedEmails }) =>
      externalId === legacyId && verifiedEmails.some((verified) => ports.emails.indexOf(verified) === emailIndex),
  )
}
