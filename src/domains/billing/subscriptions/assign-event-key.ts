import type { Tx } from '../../../platform/database/db.ts'

/**
 * Sets the key of a row that was created from a snapshot to the key that events use, so that the subscription keeps one
 * row. Requires that the key is locked.
 */
export async function assignEventKey(
  tx: Tx,
  { key, transactionId }: { readonly key: string; readonly transactionId: string | null },
): Promise<void> {
  if (transactionId === null || (await tx.planSubscription.count({ where: { key } })) > 0) return
  const row = await tx.planSubscription.findFirst({ where: { transactionId }, select: { id: true, key: true } })
  if (!row || (await tx.billingEvent.count({ where: { subscriptionKey: row.key } })) > 0) return
  await tx.planSubscription.update({ where: { id: row.id }, data: { key } })
}
