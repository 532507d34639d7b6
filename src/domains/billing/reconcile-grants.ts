import type { BillingGrant } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'
import { grant, reinstate, revoke } from '../credits/index.ts'
import type { WantedGrant } from './wanted-grants.ts'

interface Movement {
  readonly userId: string
  readonly move: () => Promise<unknown>
}

export interface Reconciling {
  readonly now: Date
  /** Whether what stands with somebody else is moved: who wants it knows the whole history of its owners. */
  readonly mayMove: boolean
}

/**
 * Gives what is wanted and was not given, takes back what was refunded, and moves what turns out to be another's. The row
 * of a purpose decides, so nothing is given twice for it; what nobody mentions stays. Its subscription is locked. Answers
 * what it gave.
 */
export async function reconcileGrants(
  tx: Tx,
  wanted: readonly WantedGrant[],
  { now, mayMove }: Reconciling,
): Promise<WantedGrant[]> {
  if (wanted.length === 0) return []
  const rows = await tx.billingGrant.findMany({ where: { purpose: { in: wanted.map(({ purpose }) => purpose) } } })
  const known = new Map(rows.map((row) => [row.purpose, row]))
  const present = await presentOf(tx, wanted)

  const taken: Movement[] = []
  const given: Movement[] = []
  const gave: WantedGrant[] = []
  for (const wish of wanted) {
    const { purpose, userId, isVoid } = wish
    const row = known.get(purpose)
    const isMoved = mayMove && userId !== null && row?.userId !== userId
    if (row && row.revokedAt === null) {
      if (!isVoid && !isMoved) continue
      if (await markRevoked(tx, row, now)) taken.push(takeBack(tx, row, wish, now))
    }
    if (isVoid || userId === null || !present.has(userId)) continue
    const generation = await markGiven(tx, { ...wish, userId }, now)
    if (generation === null) continue
    const isReturned = row?.userId === userId
    given.push(give(tx, { ...wish, userId }, { generation, isReturned, now }))
    gave.push(wish)
  }
  // Wallets are locked in one order by all. What is taken back goes first: it may be what is given anew.
  for (const { move } of [...taken, ...given].sort(byPerson)) await move()
  return gave
}

async function presentOf(tx: Tx, wanted: readonly WantedGrant[]): Promise<ReadonlySet<string>> {
  const ids = new Set(wanted.map(({ userId }) => userId).filter((id) => id !== null))
  const people = await tx.user.findMany({ where: { id: { in: [...ids] }, isPresent: true }, select: { id: true } })
  return new Set(people.map(({ id }) => id))
}

async function markRevoked(tx: Tx, { purpose, generation }: BillingGrant, now: Date): Promise<boolean> {
  const { count } = await tx.billingGrant.updateMany({
    where: { purpose, generation, revokedAt: null },
    data: { revokedAt: now },
  })
  return count === 1
}

type OwnedGrant = WantedGrant & { readonly userId: string }

/** Which giving of it this is; null where it stands. */
async function markGiven(tx: Tx, wish: OwnedGrant, now: Date): Promise<number | null> {
  const { purpose, userId, amount, expiresAt } = wish
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

function takeBack(tx: Tx, { purpose, generation, userId }: BillingGrant, wish: WantedGrant, now: Date): Movement {
  const grantKey = ledgerKey(purpose, generation)
  const why = { refunded: 'Refunded', ended: 'Ended before it began' }
  const description = `${wish.isVoid ? why[wish.isVoid] : 'Moved to another account'}: ${wish.description}`
  return { userId, move: () => revoke(tx, { userId, grantKey, description, now }) }
}

interface Giving {
  readonly generation: number
  /** Whether the person had it before, and may owe it. */
  readonly isReturned: boolean
  readonly now: Date
}

function give(tx: Tx, wish: OwnedGrant, { generation, isReturned, now }: Giving): Movement {
  const { purpose, userId, amount, source, description, expiresAt } = wish
  const key = ledgerKey(purpose, generation)
  const given = { userId, amount, source, key, description, reference: purpose, expiresAt, now }
  const revokedKey = ledgerKey(purpose, generation - 1)
  return { userId, move: () => (isReturned ? reinstate(tx, { ...given, revokedKey }) : grant(tx, given)) }
}

function byPerson(one: Movement, other: Movement): number {
  return one.userId < other.userId ? -1 : Number(one.userId > other.userId)
}
