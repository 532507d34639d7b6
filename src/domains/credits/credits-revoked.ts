import type { Tx } from '../../platform/database/db.ts'
import { defineMessages, text } from '../../platform/messages/message.ts'
import { defaultOrder, defineNotificationType, type NotifyUsers } from '../notifications/index.ts'

/** They are stored: a key that a release has used keeps its meaning and values. */
export const creditsRevokedMessages = defineMessages({
  revokedTitle: text('Credits were taken back.', '크레딧이 회수되었습니다.'),
  revokedBody: text<{ amount: number; balance: number }>(
    '{amount, plural, one {# credit was} other {# credits were}} taken back, for example after a refund. Your balance is now {balance, number}.',
    '환불 등의 이유로 크레딧 {amount, plural, other {#}}개가 회수되었습니다. 현재 잔액은 {balance, number}개입니다.',
  ),
})

export const creditsRevoked = defineNotificationType({
  name: 'credits.revoked',
  kind: 'CREDITS',
  messages: creditsRevokedMessages,
  order: defaultOrder.filter((channel) => channel === 'PUSH'),
  waitsInQuietHours: true,
  helpsForMs: 24 * 3_600_000,
})

/** Notifies a user whose credits were revoked. A transaction that does not exist revoked nothing. */
export async function notifyOfRevocation(
  tx: Tx,
  notifyUsers: NotifyUsers,
  { transactionId, now }: { readonly transactionId: string; readonly now: Date },
): Promise<void> {
  const transaction = await tx.creditTransaction.findUnique({ where: { id: transactionId } })
  if (transaction?.kind !== 'REVOCATION' || transaction.amount === 0) return
  const { userId, amount, balanceAfter } = transaction
  const item = {
    userId,
    type: creditsRevoked,
    title: creditsRevokedMessages.revokedTitle(),
    body: creditsRevokedMessages.revokedBody({ amount: Math.abs(amount), balance: balanceAfter }),
    dedupeKey: `credits-revoked:${transactionId}`,
  }
  await notifyUsers(tx, [item], now)
}
