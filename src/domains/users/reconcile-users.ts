import type { Prisma } from '../../generated/prisma/client.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import { applyClerkUser } from './apply-clerk-user.ts'
import type { ArrivalPorts } from './arrival.ts'
import { versionOfAnswer } from './clerk-version.ts'
import { compareClerkUser, comparedColumns } from './compare-clerk-user.ts'
import { applyClerkDeletion, type OnUserDeleting } from './delete-user.ts'
import { type Patience, patiently } from './patiently.ts'
import type { ClerkDirectory, ClerkUser } from './ports.ts'
import { recognizeInstance } from './recognize-instance.ts'
import { keepPosition, type Position, readPosition } from './reconcile-position.ts'

export interface ReconcilePorts extends Patience, ArrivalPorts {
  readonly db: Database
  readonly directory: ClerkDirectory
  readonly onDeleting: OnUserDeleting
  readonly clock: Clock
}

export interface ReconcileOptions {
  /** Compares and writes nothing. */
  readonly dryRun: boolean
  /** Begins anew where an earlier run was stopped. */
  readonly restart: boolean
  /** Goes on although Clerk knows few of the people here. */
  readonly force: boolean
  /** How many of Clerk's people are asked for at once: 500 at most, and unless told. */
  readonly pageSize?: number
}

/** 'remains at Clerk': deleted here, and nothing brings them back; somebody should delete them there too. */
export type DifferenceKind = 'created' | 'linked' | 'updated' | 'deleted' | 'remains at Clerk'

export interface Difference {
  readonly clerkId: string
  readonly kind: DifferenceKind
  /** What of an updated person was different, by name. */
  readonly fields: readonly string[]
}

export type ReconcileStep =
  | {
      readonly kind: 'begun'
      /** How many comparisons there are: everybody at Clerk, then everybody here. */
      readonly total: number
      /** How many an earlier run has done, and when it was stopped; null where there was none. */
      readonly compared: number
      readonly stoppedAt: Date | null
    }
  | {
      readonly kind: 'compared'
      readonly compared: number
      /** People at Clerk whose rows show all that Clerk says. */
      readonly unchanged: number
      readonly differences: readonly Difference[]
    }

const longestPage = 500
const idsAtOnce = 100

/**
 * Makes the rows show what Clerk has, whatever webhooks missed: first everybody at Clerk, oldest first, then everybody
 * here whom Clerk may have lost. A step for each page; the place is kept after each, so a run that is stopped, between
 * two steps or by force, goes on from there. Every write is conditional on the row's state, so it may run while the API
 * serves, and twice at once.
 *
 * Pages are found by when people were created, not by their number: a deletion half way makes nobody be passed over.
 */
export async function* reconcileUsers(
  ports: ReconcilePorts,
  { dryRun, restart, force, pageSize = longestPage }: ReconcileOptions,
): AsyncGenerator<ReconcileStep, void> {
  const { db, directory, clock } = ports
  if (!force) await recognizeInstance({ ...ports, db: db.prisma })
  const kept = dryRun || restart ? null : await readPosition(db.prisma, clock())
  const atClerk = await patiently(ports, () => directory.countUsers())
  const total = atClerk + (await db.prisma.user.count({ where: alive }))
  let position: Position | null = kept?.position ?? { phase: 'clerk', from: null, offset: 0, seen: [], compared: 0 }
  yield { kind: 'begun', total, compared: position.compared, stoppedAt: kept?.stoppedAt ?? null }

  while (position) {
    const page: Page =
      position.phase === 'clerk'
        ? await comparePageOfClerk(ports, position, { dryRun, pageSize })
        : await comparePageOfRows(ports, position, dryRun)
    position = page.next
    if (!dryRun) await keepPosition(db.prisma, position, clock())
    yield { kind: 'compared', ...page.result }
  }
}

interface Page {
  readonly result: Omit<Extract<ReconcileStep, { kind: 'compared' }>, 'kind'>
  readonly next: Position | null
}

const alive: Prisma.UserWhereInput = { clerkId: { not: null }, standing: { notIn: ['DELETING', 'DELETED'] } }

async function comparePageOfClerk(
  ports: ReconcilePorts,
  position: Extract<Position, { phase: 'clerk' }>,
  { dryRun, pageSize }: { readonly dryRun: boolean; readonly pageSize: number },
): Promise<Page> {
  const { from, offset, compared } = position
  const createdFrom = from === null ? null : new Date(from)
  const users = await patiently(ports, () => ports.directory.listUsers({ createdFrom, offset, limit: pageSize }))
  const fresh = users.filter(({ clerkId }) => !position.seen.includes(clerkId))
  const differences = await settleUsers(ports, fresh, dryRun)
  const unchanged = fresh.length - differences.length
  const done = compared + fresh.length
  return {
    result: { compared: fresh.length, unchanged, differences },
    next: nextOf(users, position, { compared: done, isLast: users.length < pageSize }),
  }
}

/** The last page's last instant is asked for again, as others may share it; a page of one instant alone is counted on. */
function nextOf(
  users: readonly ClerkUser[],
  { from, offset }: Extract<Position, { phase: 'clerk' }>,
  { compared, isLast }: { readonly compared: number; readonly isLast: boolean },
): Position {
  const last = users.at(-1)?.createdAt.getTime()
  if (last === undefined || isLast) return { phase: 'rows', afterId: null, compared }
  const seen = users.flatMap(({ clerkId, createdAt }) => (createdAt.getTime() === last ? clerkId : []))
  return { phase: 'clerk', from: last, offset: last === from ? offset + users.length : 0, seen, compared }
}

async function settleUsers(ports: ReconcilePorts, users: readonly ClerkUser[], dryRun: boolean): Promise<Difference[]> {
  const { db, emails, clock } = ports
  const saidAt = clock()
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
  const waiting = new Set(rows.flatMap(({ clerkId, legacyId }) => (clerkId === null ? legacyId : [])))

  const differences: Difference[] = []
  for (const user of users) {
    const { clerkId, externalId } = user
    const row = rowOf.get(clerkId)
    if (row?.standing === 'DELETING' || row?.standing === 'DELETED') {
      differences.push({ clerkId, kind: 'remains at Clerk', fields: [] })
      continue
    }
    const fields = row ? compareClerkUser(emails, { row, user, saidAt }) : []
    if (row && fields.length === 0) continue
    const wasNewer = !dryRun && (await apply(ports, user, saidAt)) === 'stale'
    if (wasNewer) continue
    const kind = row ? 'updated' : waiting.has(externalId) ? 'linked' : 'created'
    differences.push({ clerkId, kind, fields })
  }
  return differences
}

function apply(ports: ReconcilePorts, user: ClerkUser, saidAt: Date) {
  const state = { user, version: versionOfAnswer(user), saidAt, now: ports.clock() }
  return ports.db.transaction((tx) => applyClerkUser(tx, ports, state))
}

async function comparePageOfRows(
  ports: ReconcilePorts,
  { afterId, compared }: Extract<Position, { phase: 'rows' }>,
  dryRun: boolean,
): Promise<Page> {
  const { db, directory, onDeleting, clock } = ports
  const rows = await db.prisma.user.findMany({
    where: { ...alive, ...(afterId === null ? {} : { id: { gt: afterId } }) },
    select: { id: true, clerkId: true },
    orderBy: { id: 'asc' },
    take: idsAtOnce,
  })
  const clerkIds = rows.flatMap(({ clerkId }) => clerkId ?? [])
  const users = clerkIds.length > 0 ? await patiently(ports, () => directory.listByIds(clerkIds)) : []
  const known = new Set(users.map(({ clerkId }) => clerkId))

  const differences: Difference[] = []
  for (const clerkId of clerkIds.filter((id) => !known.has(id))) {
    // A list may lag behind; deleting is for good, so Clerk is asked for the very person.
    if ((await patiently(ports, () => directory.getUser(clerkId))) !== null) continue
    if (!dryRun) {
      await db.transaction((tx) => applyClerkDeletion(tx, onDeleting, { clerkId, externalId: null, now: clock() }))
    }
    differences.push({ clerkId, kind: 'deleted', fields: [] })
  }
  const last = rows.length < idsAtOnce ? undefined : rows.at(-1)
  return {
    result: { compared: rows.length, unchanged: 0, differences },
    next: last ? { phase: 'rows', afterId: last.id, compared: compared + rows.length } : null,
  }
}
