import type { Tx } from '../../platform/database/db.ts'

/**
 * Gives the row of a subscription that only a snapshot has told of the key that events have for it, so that it stays one
 * row. The key is locked.
 */
export async function adoptRow(
  tx: Tx,
  { key, transactionId }: { readonly key: string; readonly transactionId: string | null },
): Promise<void> {
  if (transactionId === null || (await tx.planSubscription.count({ where: { key } })) > 0) return
  const row = await tx.planSubscription.findFirst({ where: { transactionId }, select: { id: true, key: true } })
  if (!row || (await tx.billingEvent.count({ where: { subscriptionKey: row.key } })) > 0) return
  await tx.planSubscription.update({ where: { id: row.id }, data: { key } })
}
