import type { Prisma } from '../../../generated/prisma/client.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { Database } from '../../../platform/database/db.ts'
import { estimateCount } from '../../../platform/database/estimate-count.ts'
import { versionOfAnswer } from '../clerk-version.ts'
import { compareClerkUser, comparedColumns } from '../compare-clerk-user.ts'
import type { OnUserCreatedPorts } from '../on-user-created.ts'
import type { ClerkDirectory, ClerkUser } from '../ports.ts'
import { recognizeInstance } from '../queries/recognize-instance.ts'
import { type RetryClock, retryClerk } from '../retry-clerk.ts'
import { applyClerkUser } from './apply-clerk-user.ts'
import { applyClerkDeletion, type OnUserDeleting } from './delete-user.ts'
import { type Position, reconcileBookmark } from './reconcile-position.ts'

export interface ReconcilePorts extends RetryClock, OnUserCreatedPorts {
  readonly db: Database
  readonly directory: ClerkDirectory
  readonly onUserDeleting: OnUserDeleting
  readonly clock: Clock
}

export interface ReconcileOptions {
  /** Compares and writes nothing. */
  readonly dryRun: boolean
  /** Starts from the beginning, even if an earlier run was stopped. */
  readonly restart: boolean
  /** Continues even if Clerk knows few of the users in the database. */
  readonly force: boolean
  /** How many Clerk users are requested at once: at most 500, which is the default. */
  readonly pageSize?: number
}

/** 'remains at Clerk': deleted here, which cannot be undone. An operator should delete the user in Clerk too. */
export type DifferenceKind = 'created' | 'linked' | 'updated' | 'deleted' | 'remains at Clerk'

export interface Difference {
  readonly clerkId: string
  readonly kind: DifferenceKind
  /** The names of the fields of an updated user that differed. */
  readonly fields: readonly string[]
}

export type ReconcileStep =
  | {
      readonly kind: 'begun'
      /** The number of comparisons: all users in Clerk, then all users in the database (beyond 10,000 an estimate). */
      readonly total: number
      /** How many comparisons an earlier run has done, and when it was stopped; null if there was none. */
      readonly compared: number
      readonly stoppedAt: Date | null
    }
  | {
      readonly kind: 'compared'
      readonly compared: number
      /** Users in Clerk whose rows are equal. */
      readonly unchanged: number
      readonly differences: readonly Difference[]
    }

const longestPage = 500
const idsAtOnce = 100

/**
 * Makes the rows equal to Clerk's users, for changes whose webhooks were lost: first all users in Clerk, oldest first,
 * then all rows, for users that Clerk no longer has. Yields a step for each page and saves the position after it, so a
 * run that was stopped or killed continues from there. Every write is conditional on the row's state, so it can run while
 * the API serves requests, and twice at once.
 *
 * Pages are addressed by the time of creation, not by their number, so a deletion during the run skips no user.
 */
export async function* reconcileUsers(
  ports: ReconcilePorts,
  { dryRun, restart, force, pageSize = longestPage }: ReconcileOptions,
): AsyncGenerator<ReconcileStep, void> {
  const { db, directory, clock } = ports
  if (!force) await recognizeInstance({ ...ports, db: db.prisma })
  const kept = dryRun || restart ? null : await reconcileBookmark.read(db.prisma, clock())
  const atClerk = await retryClerk(ports, () => directory.countUsers())
  const rows = await estimateCount(db.prisma, {
    table: 'users',
    countUpTo: (take) => db.prisma.user.count({ where: notDeleted, take }),
  })
  const total = atClerk + rows
  let position: Position | null = kept?.position ?? { phase: 'clerk', from: null, offset: 0, seen: [], compared: 0 }
  yield { kind: 'begun', total, compared: position.compared, stoppedAt: kept?.savedAt ?? null }

  while (position) {
    const page: Page =
      position.phase === 'clerk'
        ? await comparePageOfClerk(ports, position, { dryRun, pageSize })
        : await comparePageOfRows(ports, position, dryRun)
    position = page.next
    if (!dryRun)
      await (position ? reconcileBookmark.keep(db.prisma, position, clock()) : reconcileBookmark.remove(db.prisma))
    yield { kind: 'compared', ...page.result }
  }
}

interface Page {
  readonly result: Omit<Extract<ReconcileStep, { kind: 'compared' }>, 'kind'>
  readonly next: Position | null
}

const notDeleted: Prisma.UserWhereInput = { clerkId: { not: null }, standing: { notIn: ['DELETING', 'DELETED'] } }

async function comparePageOfClerk(
  ports: ReconcilePorts,
  position: Extract<Position, { phase: 'clerk' }>,
  { dryRun, pageSize }: { readonly dryRun: boolean; readonly pageSize: number },
): Promise<Page> {
  const { from, offset, compared } = position
  const createdFrom = from === null ? null : new Date(from)
  const users = await retryClerk(ports, () => ports.directory.listUsers({ createdFrom, offset, limit: pageSize }))
  const unseen = users.filter(({ clerkId }) => !position.seen.includes(clerkId))
  const differences = await applyUsers(ports, unseen, dryRun)
  const unchanged = unseen.length - differences.length
  const done = compared + unseen.length
  return {
    result: { compared: unseen.length, unchanged, differences },
    next: nextPosition(users, position, { compared: done, isLast: users.length < pageSize }),
  }
}

/**
 * The next page starts at the last instant of this page, since more users may share it. If all users of a page share one
 * instant, the offset continues within it.
 */
function nextPosition(
  users: readonly ClerkUser[],
  { from, offset }: Extract<Position, { phase: 'clerk' }>,
  { compared, isLast }: { readonly compared: number; readonly isLast: boolean },
): Position {
  const last = users.at(-1)?.createdAt.getTime()
  if (last === undefined || isLast) return { phase: 'rows', afterId: null, compared }
  const seen = users.flatMap(({ clerkId, createdAt }) => (createdAt.getTime() === last ? clerkId : []))
  return { phase: 'clerk', from: last, offset: last === from ? offset + users.length : 0, seen, compared }
}

async function applyUsers(ports: ReconcilePorts, users: readonly ClerkUser[], dryRun: boolean): Promise<Difference[]> {
  const { db, emails, clock } = ports
  const reportedAt = clock()
  const legacyIds = users.flatMap(({ externalId }) => externalId ?? [])
  const rows = await db.prisma.user.findMany({
    where: {
      OR: [
        { clerkId: { in: users.map(({ clerkId }) => clerkId) } },
        { clerkId: null, legacyId: { in: legacyIds }, standing: 'ACTIVE' },
      ],
    },
    select: comparedColumns,
  })
  const rowOf = new Map(rows.map((row) => [row.clerkId, row]))
  const unlinkedLegacyIds = new Set(rows.flatMap(({ clerkId, legacyId }) => (clerkId === null ? legacyId : [])))

  const differences: Difference[] = []
  for (const user of users) {
    const { clerkId, externalId } = user
    const row = rowOf.get(clerkId)
    if (row?.standing === 'DELETING' || row?.standing === 'DELETED') {
      differences.push({ clerkId, kind: 'remains at Clerk', fields: [] })
      continue
    }
    const fields = row ? compareClerkUser(emails, { row, user, reportedAt }) : []
    if (row && fields.length === 0) continue
    const isStale = !dryRun && (await apply(ports, user, reportedAt)) === 'stale'
    if (isStale) continue
    const kind = row ? 'updated' : unlinkedLegacyIds.has(externalId) ? 'linked' : 'created'
    differences.push({ clerkId, kind, fields })
  }
  return differences
}

function apply(ports: ReconcilePorts, user: ClerkUser, reportedAt: Date) {
  const state = { user, version: versionOfAnswer(user), reportedAt, now: ports.clock() }
  return ports.db.transaction((tx) => applyClerkUser(tx, ports, state))
}

async function comparePageOfRows(
  ports: ReconcilePorts,
  { afterId, compared }: Extract<Position, { phase: 'rows' }>,
  dryRun: boolean,
): Promise<Page> {
  const { db, directory, onUserDeleting, clock } = ports
  const rows = await db.prisma.user.findMany({
    where: { ...notDeleted, ...(afterId === null ? {} : { id: { gt: afterId } }) },
    select: { id: true, clerkId: true },
    orderBy: { id: 'asc' },
    take: idsAtOnce,
  })
  const clerkIds = rows.flatMap(({ clerkId }) => clerkId ?? [])
  const users = clerkIds.length > 0 ? await retryClerk(ports, () => directory.listByIds(clerkIds)) : []
  const known = new Set(users.map(({ clerkId }) => clerkId))

  const differences: Difference[] = []
  for (const clerkId of clerkIds.filter((id) => !known.has(id))) {
    // A list may be out of date, and a deletion cannot be undone, so the user is requested by id first.
    if ((await retryClerk(ports, () => directory.getUser(clerkId))) !== null) continue
    if (!dryRun) {
      await db.transaction((tx) => applyClerkDeletion(tx, onUserDeleting, { clerkId, externalId: null, now: clock() }))
    }
    differences.push({ clerkId, kind: 'deleted', fields: [] })
  }
  const last = rows.length < idsAtOnce ? undefined : rows.at(-1)
  return {
    result: { compared: rows.length, unchanged: 0, differences },
    next: last ? { phase: 'rows', afterId: last.id, compared: compared + rows.length } : null,
  }
}
