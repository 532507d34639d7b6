import { createHash } from 'node:crypto'
import { recordAudit } from '../../../platform/audit.ts'
import { checkText } from '../../../platform/check-text.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { checkAll, IdempotencyConflict, InvalidInput, NotFound } from '../../../platform/errors.ts'
import { keyProblem } from '../../../platform/idempotency/idempotency.ts'
import { presentUsers, runAs, userMessages, type Viewer } from '../../users/index.ts'
import { creditMessages } from '../messages.ts'
import type { CreditsServices } from '../services.ts'
import { checkAmount } from './check-entry.ts'
import { grant } from './grant.ts'
import type { Posted } from './post.ts'

export interface AdminGrant {
  readonly userId: string
  readonly amount: number
  readonly reason: string
  readonly expiresAt: Date | null
  readonly key: string
}

/**
 * Grants credits and records it in the audit log. The key counts for ever: a repeated grant returns the first one, and the
 * same key with another person, amount, reason or expiry is a conflict. Throws InvalidInput, NotFound,
 * IdempotencyConflict.
 */
export async function grantByAdmin(services: CreditsServices, viewer: Viewer, input: AdminGrant): Promise<Posted> {
  const now = services.clock()
  const { reason } = checkGrant(input, now)
  const entry = { ...input, reason, actorId: viewer.id, now }
  const inputHash = services.grantInputHash(
    JSON.stringify([input.userId, input.amount, reason, input.expiresAt?.toISOString() ?? null]),
  )
  return runAs(services, viewer, (tx) => post(tx, entry, inputHash))
}

/** The reason to store. Throws InvalidInput with all problems. */
export function checkGrant({ amount, reason, expiresAt, key }: Omit<AdminGrant, 'userId'>, now: Date) {
  return checkAll({
    amount: () => checkAmount(amount),
    reason: () => checkReason(reason),
    expiresAt: () => checkExpiry(expiresAt, now),
    key: () => checkKey(key),
  })
}

interface Entry extends AdminGrant {
  readonly actorId: string
  readonly now: Date
}

async function post(tx: Tx, entry: Entry, inputHash: string): Promise<Posted> {
  const { actorId, userId, amount, reason, expiresAt, now } = entry
  if (!(await presentUsers(tx, [userId])).has(userId)) throw new NotFound(userMessages.notFound())
  const keyHash = createHash('sha256').update(entry.key).digest('hex')
  // The unique key decides which request is first; a second one waits for its commit.
  const claimed = await tx.$executeRaw`
    INSERT INTO admin_grant_keys (user_id, actor_id, key_hash, input_hash, created_at)
    VALUES (${userId}::uuid, ${actorId}::uuid, ${keyHash}, ${inputHash}, ${now}) ON CONFLICT DO NOTHING`
  if (claimed === 0) return repeated(tx, entry, { keyHash, inputHash })

  const posted = await grant(tx, {
    userId,
    amount,
    source: 'GIFTS',
    key: ledgerKey(actorId, keyHash),
    description: 'Granted by an admin',
    personalText: reason,
    expiresAt,
    now,
  })
  await recordAudit(tx, {
    actorId,
    action: 'credits.grant',
    subjectId: userId,
    reasonId: posted.textId,
    before: { balance: posted.balanceAfter - posted.amount },
    after: { balance: posted.balanceAfter, transactionId: posted.id },
    now,
  })
  return posted
}

/** The grant that used the key before. Throws IdempotencyConflict if it had another input. */
async function repeated(
  tx: Tx,
  { actorId, userId, amount }: Entry,
  { keyHash, inputHash }: { readonly keyHash: string; readonly inputHash: string },
): Promise<Posted> {
  const known = await tx.adminGrantKey.findUniqueOrThrow({ where: { actorId_keyHash: { actorId, keyHash } } })
  if (known.userId !== userId || (known.inputHash ?? inputHash) !== inputHash) throw new IdempotencyConflict()
  const posted = await tx.creditTransaction.findFirstOrThrow({
    where: { userId, key: ledgerKey(actorId, keyHash) },
    select: { id: true, userId: true, kind: true, amount: true, balanceAfter: true, textId: true },
  })
  if (posted.amount !== amount) throw new IdempotencyConflict()
  return posted
}

/** The admin has chosen the text of the idempotency key, and ledger keys are kept for ever: only its hash is stored. */
function ledgerKey(actorId: string, keyHash: string): string {
  return `admin:${actorId}:sha256:${keyHash}`
}

function checkExpiry(expiresAt: Date | null, now: Date): void {
  if (expiresAt !== null && expiresAt <= now) {
    throw InvalidInput.of('expiresAt', creditMessages.expiryNotInFuture())
  }
}

function checkKey(key: string): void {
  const problem = keyProblem(key)
  if (problem) throw InvalidInput.of('idempotencyKey', problem)
}

function checkReason(reason: string): string {
  const messages = { length: creditMessages.reasonLength(), invalid: creditMessages.invalidReason() }
  return checkText(reason, { field: 'reason', min: 1, max: 500, ...messages })
}
