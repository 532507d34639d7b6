import { recordAudit } from '../../platform/audit.ts'
import type { Tx } from '../../platform/database/db.ts'
import { InvalidInput, NotFound } from '../../platform/errors.ts'
import { claimKey, keyProblem } from '../../platform/idempotency/idempotency.ts'
import { grant } from './grant.ts'
import type { Posted } from './post.ts'

export interface AdminGrant {
  readonly actorId: string
  readonly userId: string
  readonly amount: number
  readonly reason: string
  readonly expiresAt: Date | null
  readonly key: string
  readonly now: Date
}

/** Gives credits and writes down who did, to whom, when and why. Throws InvalidInput, NotFound, IdempotencyConflict. */
export async function grantByAdmin(tx: Tx, wish: AdminGrant): Promise<Posted> {
  const { actorId, userId, amount, expiresAt, now } = wish
  const reason = checkReason(wish.reason)
  const problem = keyProblem(wish.key)
  if (problem) throw InvalidInput.at(['input', 'idempotencyKey'], problem)
  if (expiresAt !== null && expiresAt <= now) {
    throw InvalidInput.at(['input', 'expiresAt'], 'Credits that lapse must lapse in the future.')
  }
  const person = await tx.user.findUnique({ where: { id: userId }, select: { standing: true } })
  if (!person || person.standing === 'DELETING' || person.standing === 'DELETED') throw new NotFound('person')

  const claimed = await claimKey(tx, {
    userId: actorId,
    mutation: 'grantCredits',
    key: wish.key,
    input: [userId, amount, reason, expiresAt?.toISOString() ?? null],
    result: { userId },
    now,
  })
  // The claim lapses after a day, and is the admin's; the ledger's key never lapses.
  const key = `admin:${actorId}:${wish.key}`
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

function checkReason(reason: string): string {
  const trimmed = reason.trim()
  const path = ['input', 'reason']
  if (trimmed.length < 1 || [...trimmed].length > 500) throw InvalidInput.at(path, 'A reason has 1 to 500 characters.')
  if (!trimmed.isWellFormed() || /\p{Cc}/u.test(trimmed)) {
    throw InvalidInput.at(path, 'The reason holds a control character or half a character.')
  }
  return trimmed
}
