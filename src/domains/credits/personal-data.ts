import type { PersonalData } from '../../platform/personal-data.ts'

/**
 * A user's wallet. All of its rows are exported. They are financial records, so erasing the user keeps them; they then
 * refer to a tombstone row without personal data.
 */
export const creditsOfUser: PersonalData = {
  tables: [
    'ledger_accounts',
    'credit_transactions',
    'ledger_entries',
    'credit_lots',
    'credit_lot_movements',
    'credit_holds',
    'credit_debts',
    'awaited_gifts',
    'admin_grant_keys',
  ],
  async *exportFiles(db, userId) {
    const [wallet, transactions, holds, debts, awaitedGift, grantsByAdmins] = await Promise.all([
      db.ledgerAccount.findUnique({ where: { userId } }),
      db.creditTransaction.findMany({
        where: { userId },
        orderBy: { sequence: 'asc' },
        include: { entries: true, movements: true },
      }),
      db.creditHold.findMany({ where: { userId }, orderBy: { id: 'asc' } }),
      db.creditDebt.findMany({ where: { userId }, orderBy: { id: 'asc' } }),
      db.awaitedGift.findUnique({ where: { userId } }),
      db.adminGrantKey.findMany({ where: { userId }, select: { createdAt: true }, orderBy: { createdAt: 'asc' } }),
    ])
    const lots = await db.$queryRaw`
      SELECT id, granted, remaining, created_at AS "createdAt", NULLIF(expires_at, 'infinity') AS "expiresAt"
      FROM credit_lots WHERE user_id = ${userId}::uuid ORDER BY created_at, id`
    yield { path: 'credits.json', json: { wallet, transactions, lots, holds, debts, awaitedGift, grantsByAdmins } }
  },
  async eraseRows(tx, { userId }) {
    await tx.awaitedGift.deleteMany({ where: { userId } })
  },
}
