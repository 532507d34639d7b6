import { recordAudit } from '../../../platform/audit.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { checkAll, InvalidInput, NotFound } from '../../../platform/errors.ts'
import { claimKey, keyProblem } from '../../../platform/idempotency/idempotency.ts'
import { presentUsers, runAs, type Viewer } from '../../users/index.ts'
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

/** Grants credits and records it in the audit log. Throws InvalidInput, NotFound, IdempotencyConflict. */
export async function grantByAdmin(services: CreditsServices, viewer: Viewer, input: AdminGrant): Promise<Posted> {
  const now = services.clock()
  const { reason } = checkAll({
    amount: () => checkAmount(input.amount),
    reason: () => checkReason(input.reason),
    expiresAt: () => checkExpiry(input.expiresAt, now),
    key: () => checkKey(input.key),
  })
  return runAs(services, viewer, (tx) => post(tx, { ...input, reason, actorId: viewer.id, now }))
}

async function post(
  tx: Tx,
  { actorId, userId, amount, reason, expiresAt, key: idempotencyKey, now }: AdminGrant & { actorId: string; now: Date },
): Promise<Posted> {
  if (!(await presentUsers(tx, [userId])).has(userId)) throw new NotFound('user')

  const claimed = await claimKey(tx, {
    userId: actorId,
    mutation: 'grantCredits',
    key: idempotencyKey,
    input: [userId, amount, reason, expiresAt?.toISOString() ?? null],
    result: { userId },
    now,
  })
  // The claim belongs to the admin and expires after a day; the ledger key never expires.
  const key = `admin:${actorId}:${idempotencyKey}`
  const known = claimed.isNew ? await tx.creditTransaction.count({ where: { userId, key } }) : 1
  const posted = await grant(tx, { userId, amount, source: 'GIFTS', key, description: reason, expiresAt, now })
  if (known === 0) {
    await recordAudit(tx, {
      actorId,
      action: 'credits.grant',
      subjectId: userId,
      reason,
      before: { balance: posted.balanceAfter - posted.amount },
      after: { balance: posted.balanceAfter, transactionId: posted.id },
      now,
    })
  }
  return posted
}

function checkExpiry(expiresAt: Date | null, now: Date): void {
  if (expiresAt !== null && expiresAt <= now) {
    throw InvalidInput.of('expiresAt', 'The expiry time must be in the future.')
  }
}

function checkKey(key: string): void {
  const problem = keyProblem(key)
  if (problem) throw InvalidInput.of('idempotencyKey', problem)
}

function checkReason(reason: string): string {
  const trimmed = reason.trim()
  const field = 'reason'
  if (trimmed.length < 1 || [...trimmed].length > 500)
    throw InvalidInput.of(field, 'The reason must have 1 to 500 characters.')
  if (!trimmed.isWellFormed() || /\p{Cc}/u.test(trimmed)) {
    throw InvalidInput.of(field, 'The reason contains a control character or an invalid Unicode character.')
  }
  return trimmed
}
