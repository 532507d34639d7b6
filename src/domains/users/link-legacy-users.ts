import { Prisma } from '../../generated/prisma/client.ts'
import { applyClerkUser } from './apply-clerk-user.ts'
import { versionOfAnswer } from './clerk-version.ts'
import { findLegacyMatches, type LegacyRow, type MatchPorts, waiting } from './find-legacy-matches.ts'
import { patiently } from './patiently.ts'
import { ClerkRefused, type ClerkUser } from './ports.ts'

export interface LinkOptions {
  /** Makes whom Clerk does not have. */
  readonly create: boolean
  /** Looks and writes nothing, here or at Clerk. */
  readonly dryRun: boolean
}

export type LinkOutcome =
  | 'linked'
  | 'created'
  | 'nobody at Clerk'
  | 'not verified'
  | 'ambiguous'
  | 'has an account here already'
  | 'was deleted here'
  | 'refused by Clerk'

export interface LinkResult {
  readonly legacyId: string
  readonly outcome: LinkOutcome
  /** Whom it is about at Clerk; why Clerk refused. */
  readonly about: string
}

export type LinkStep =
  | { readonly kind: 'begun'; readonly total: number; readonly withoutAddress: number }
  | { readonly kind: 'looked'; readonly results: readonly LinkResult[] }

/** Clerk takes 100 addresses, which of the longest ones is more than an address line holds (16 KB). */
const batchSize = 50

/**
 * Gives rows of the older system to the Clerk users who have proved to own the row's address. One row and one user make
 * a pair; where there are more of either, nobody guesses. A step for each batch. Who is linked is not looked at again,
 * so a run that was stopped is run again.
 */
export async function* linkLegacyUsers(ports: MatchPorts, options: LinkOptions): AsyncGenerator<LinkStep, void> {
  const { prisma } = ports.db
  const total = await prisma.user.count({ where: { ...waiting, emailIndex: { not: null } } })
  const withoutAddress = await prisma.user.count({ where: { ...waiting, emailIndex: null } })
  yield { kind: 'begun', total, withoutAddress }
  for (let afterId: string | null = null; ; ) {
    const rows: LegacyRow[] = await readBatch(ports, afterId)
    const last = rows.at(-1)
    if (!last) return
    yield { kind: 'looked', results: await linkBatch(ports, rows, options) }
    afterId = last.id
  }
}

async function readBatch({ db, emails }: MatchPorts, afterId: string | null): Promise<LegacyRow[]> {
  const rows = await db.prisma.user.findMany({
    where: { ...waiting, emailIndex: { not: null }, ...(afterId === null ? {} : { id: { gt: afterId } }) },
    select: { id: true, legacyId: true, firstName: true, lastName: true, emailSealed: true, emailIndex: true },
    orderBy: { id: 'asc' },
    take: batchSize,
  })
  return rows.map(({ emailSealed, legacyId, ...row }) => ({
    ...row,
    legacyId: legacyId ?? '',
    email: emails.read(emailSealed) ?? '',
  }))
}

async function linkBatch(
  ports: MatchPorts,
  rows: readonly LegacyRow[],
  { create, dryRun }: LinkOptions,
): Promise<LinkResult[]> {
  const results: LinkResult[] = []
  for (const { row, match } of await findLegacyMatches(ports, rows)) {
    const { legacyId } = row
    if (match.kind === 'found') {
      const outcome = dryRun ? 'linked' : await link(ports, row, match.user)
      results.push({ legacyId, outcome, about: match.user.clerkId })
    } else if (match.kind === 'nobody at Clerk' && create) {
      results.push(dryRun ? { legacyId, outcome: 'created', about: '' } : await createAndLink(ports, row))
    } else {
      results.push({ legacyId, outcome: match.kind, about: match.clerkIds.join(', ') })
    }
  }
  return results
}

/** One conditional statement takes the row; a webhook that was faster has done the same. */
async function link(
  ports: MatchPorts,
  { id }: LegacyRow,
  user: ClerkUser,
): Promise<'linked' | 'has an account here already'> {
  const { db, clock, onArrival } = ports
  const now = clock()
  const { clerkId } = user
  try {
    await db.transaction(async (tx) => {
      const { count } = await tx.user.updateMany({ where: { ...waiting, id }, data: { clerkId } })
      if (count === 0) return
      await onArrival(tx, { userId: id, email: user.email, isNew: false, now })
      await applyClerkUser(tx, ports, { user, version: versionOfAnswer(user), saidAt: now, now })
    })
  } catch (error) {
    if (!isTaken(error)) throw error
  }
  const row = await db.prisma.user.findUnique({ where: { id }, select: { clerkId: true } })
  return row?.clerkId === clerkId ? 'linked' : 'has an account here already'
}

/** Somebody's first request made a row for this Clerk user since we looked. */
function isTaken(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002'
}

/**
 * A user made here and not linked, because we were stopped, is found by their verified address at the next run, or linked
 * by the webhook that tells of them: Clerk has addresses made by us as verified, and knows the legacy id.
 */
async function createAndLink(ports: MatchPorts, row: LegacyRow): Promise<LinkResult> {
  const { legacyId, email, firstName, lastName } = row
  try {
    const wish = { externalId: legacyId, email, firstName, lastName }
    const user = await patiently(ports, () => ports.directory.createUser(wish))
    const outcome = await link(ports, row, user)
    return { legacyId, outcome: outcome === 'linked' ? 'created' : outcome, about: user.clerkId }
  } catch (error) {
    if (!(error instanceof ClerkRefused)) throw error
    const user = await findOurs(ports, row)
    if (user) return { legacyId, outcome: await link(ports, row, user), about: user.clerkId }
    return { legacyId, outcome: 'refused by Clerk', about: error.message.replaceAll(email, '…') }
  }
}

/** An answer that got lost after the user was made looks like a refusal when the user is asked for again. */
async function findOurs(ports: MatchPorts, { email, emailIndex, legacyId }: LegacyRow): Promise<ClerkUser | undefined> {
  const users = await patiently(ports, () => ports.directory.listByEmails([email]))
  return users.find(
    ({ externalId, verifiedEmails }) =>
      externalId === legacyId && verifiedEmails.some((verified) => ports.emails.indexOf(verified) === emailIndex),
  )
}
