import type { BillingGrant } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { grant, reinstate, revoke } from '../../credits/index.ts'
import { presentUsers } from '../../users/index.ts'
import type { WantedGrant } from './wanted-grants.ts'

interface Movement {
  readonly userId: string
  readonly move: () => Promise<unknown>
}

export interface ReconcileOptions {
  readonly now: Date
  /** Whether a grant of another user is moved. Requires that the caller knows all owners of the purchase. */
  readonly mayMove: boolean
}

/**
 * Grants the wanted credits that were not granted, revokes those that are void, and moves those that belong to another
 * user. The row of a purpose decides, so a purpose is granted once. Grants that are not in the list are kept. Requires that
 * the subscription is locked. Resolves to the new grants.
 */
export async function reconcileGrants(
  tx: Tx,
  wanted: readonly WantedGrant[],
  { now, mayMove }: ReconcileOptions,
): Promise<WantedGrant[]> {
  if (wanted.length === 0) return []
  const rows = await tx.billingGrant.findMany({ where: { purpose: { in: wanted.map(({ purpose }) => purpose) } } })
  const known = new Map(rows.map((row) => [row.purpose, row]))
  const present = await presentOf(tx, wanted)

  const revocations: Movement[] = []
  const grants: Movement[] = []
  const granted: WantedGrant[] = []
  for (const wantedGrant of wanted) {
    const { purpose, userId, isVoid } = wantedGrant
    const row = known.get(purpose)
    const isMoved = mayMove && userId !== null && row?.userId !== userId
    if (row && row.revokedAt === null) {
      if (!isVoid && !isMoved) continue
      if (await markRevoked(tx, row, now)) revocations.push(revocationOf(tx, row, wantedGrant, now))
    }
    if (isVoid || userId === null || !present.has(userId)) continue
    const generation = await markGranted(tx, { ...wantedGrant, userId }, now)
    if (generation === null) continue
    const isReturned = row?.userId === userId
    grants.push(grantOf(tx, { ...wantedGrant, userId }, { generation, isReturned, now }))
    granted.push(wantedGrant)
  }
  // All transactions lock wallets in the same order. Revocations are first: the same credits may be granted again.
  for (const { move } of [...revocations, ...grants].sort(byUser)) await move()
  return granted
}

function presentOf(tx: Tx, wanted: readonly WantedGrant[]): Promise<ReadonlySet<string>> {
  const ids = new Set(wanted.map(({ userId }) => userId).filter((id) => id !== null))
  return presentUsers(tx, [...ids])
}

async function markRevoked(tx: Tx, { purpose, generation }: BillingGrant, now: Date): Promise<boolean> {
  const { count } = await tx.billingGrant.updateMany({
    where: { purpose, generation, revokedAt: null },
    data: { revokedAt: now },
  })
  return count === 1
}

type OwnedGrant = WantedGrant & { readonly userId: string }

/** Returns the generation of the new grant, or null if the purpose has a valid grant. */
async function markGranted(tx: Tx, wantedGrant: OwnedGrant, now: Date): Promise<number | null> {
  const { purpose, userId, amount, expiresAt } = wantedGrant
  const [row] = await tx.$queryRaw<{ generation: number }[]>`
    INSERT INTO billing_grants AS given (purpose, generation, user_id, amount, expires_at, granted_at)
    VALUES (${purpose}, 1, ${userId}::uuid, ${amount}::int, ${expiresAt}::timestamptz, ${now}::timestamptz)
    ON CONFLICT (purpose) DO UPDATE SET generation = given.generation + 1, user_id = excluded.user_id,
      amount = excluded.amount, expires_at = excluded.expires_at, granted_at = excluded.granted_at, revoked_at = NULL
    WHERE given.revoked_at IS NOT NULL
    RETURNING generation`
  return row?.generation ?? null
}

const ledgerKey = (purpose: string, generation: number) => `billing:${purpose}:${generation}`

function revocationOf(
  tx: Tx,
  { purpose, generation, userId }: BillingGrant,
  wantedGrant: WantedGrant,
  now: Date,
): Movement {
  const grantKey = ledgerKey(purpose, generation)
  const why = { refunded: 'Refunded', ended: 'Ended before it began' }
  const description = `${wantedGrant.isVoid ? why[wantedGrant.isVoid] : 'Moved to another account'}: ${wantedGrant.description}`
  return { userId, move: () => revoke(tx, { userId, grantKey, description, now }) }
}

interface GrantDetails {
  readonly generation: number
  /** Whether the user had the same credits before and may owe them. */
  readonly isReturned: boolean
  readonly now: Date
}

function grantOf(tx: Tx, wantedGrant: OwnedGrant, { generation, isReturned, now }: GrantDetails): Movement {
  const { purpose, userId, amount, source, description, expiresAt } = wantedGrant
  const key = ledgerKey(purpose, generation)
  const credits = { userId, amount, source, key, description, reference: purpose, expiresAt, now }
  const revokedKey = ledgerKey(purpose, generation - 1)
  return { userId, move: () => (isReturned ? reinstate(tx, { ...credits, revokedKey }) : grant(tx, credits)) }
}

function byUser(one: Movement, other: Movement): number {
  return one.userId < other.userId ? -1 : Number(one.userId > other.userId)
}
