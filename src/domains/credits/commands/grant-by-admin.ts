import { createHash } from 'node:crypto'
import { recordAudit } from '../../../platform/audit.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { IdempotencyConflict, InvalidInput, NotFound } from '../../../platform/errors.ts'
import { keyProblem } from '../../../platform/idempotency/idempotency.ts'
import { presentUsers, runAs, type Viewer } from '../../users/index.ts'
import type { CreditsServices } from '../services.ts'
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
  const reason = checkReason(input.reason)
  const problem = keyProblem(input.key)
  if (problem) throw InvalidInput.of('idempotencyKey', problem)
  if (input.expiresAt !== null && input.expiresAt <= now) {
    throw InvalidInput.of('expiresAt', 'The expiry time must be in the future.')
  }
  const entry = { ...input, reason, actorId: viewer.id, now }
  const inputHash = services.grantInputHash(
    JSON.stringify([input.userId, input.amount, reason, input.expiresAt?.toISOString() ?? null]),
  )
  return runAs(services, viewer, (tx) => post(tx, entry, inputHash))
}

interface Entry extends AdminGrant {
  readonly actorId: string
  readonly now: Date
}

async function post(tx: Tx, entry: Entry, inputHash: string): Promise<Posted> {
  const { actorId, userId, amount, reason, expiresAt, now } = entry
  if (!(await presentUsers(tx, [userId])).has(userId)) throw new NotFound('user')
  const keyHash = createHash('sha256').update(entry.key).digest('hex')
  // The unique key decides which request is first; a second one waits for its commit.
  const claimed = await tx.$executeRaw`
    INSERT INTO admin_grant_keys (user_id, actor_id, key_hash, input_hash, created_at)
    VALUES (${userId}::uuid, ${actorId}::uuid, ${keyHash}, ${inputHash}, ${now}) ON CONFLICT DO NOTHING`
  if (claimed === 0) return repeated(tx, entry, { keyHash, inputHash })

  const key = `admin:${actorId}:${keyHash}`
  const posted = await grant(tx, { userId, amount, source: 'GIFTS', key, description: reason, expiresAt, now })
  await recordAudit(tx, {
    actorId,
    action: 'credits.grant',
    subjectId: userId,
    reason,
    before: { balance: posted.balanceAfter - posted.amount },
    after: { balance: posted.balanceAfter, transactionId: posted.id },
    now,
  })
  return posted
}

/** The grant that used the key before. Throws IdempotencyConflict if it had another input. */
async function repeated(
  tx: Tx,
  { actorId, userId, amount, key }: Entry,
  { keyHash, inputHash }: { readonly keyHash: string; readonly inputHash: string },
): Promise<Posted> {
  const known = await tx.adminGrantKey.findUniqueOrThrow({ where: { actorId_keyHash: { actorId, keyHash } } })
  if (known.userId !== userId || (known.inputHash ?? inputHash) !== inputHash) throw new IdempotencyConflict()
  // Grants before the key was hashed have the key itself.
  const keys = [`admin:${actorId}:${keyHash}`, `admin:${actorId}:${key}`]
  const posted = await tx.creditTransaction.findFirstOrThrow({
    where: { userId, key: { in: keys } },
    select: { id: true, userId: true, kind: true, amount: true, balanceAfter: true },
  })
  if (posted.amount !== amount) throw new IdempotencyConflict()
  return posted
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
