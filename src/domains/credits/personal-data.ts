import type { PersonalData } from '../../platform/personal-data.ts'

/**
 * A person's wallet: everything that happened to it is exported. Records of money are kept when the person is erased;
 * they lead to a tombstone that says nothing.
 */
export const creditsOfPerson: PersonalData = {
  tables: [
    'ledger_accounts',
    'credit_transactions',
    'ledger_entries',
    'credit_lots',
    'credit_lot_movements',
    'credit_holds',
    'credit_debts',
  ],
  async *exportFiles(db, userId) {
    const [wallet, transactions, holds, debts] = await Promise.all([
      db.ledgerAccount.findUnique({ where: { userId } }),
      db.creditTransaction.findMany({
        where: { userId },
        orderBy: { sequence: 'asc' },
        include: { entries: true, movements: true },
      }),
      db.creditHold.findMany({ where: { userId }, orderBy: { id: 'asc' } }),
      db.creditDebt.findMany({ where: { userId }, orderBy: { id: 'asc' } }),
    ])
    const lots = await db.$queryRaw`
      SELECT id, granted, remaining, created_at AS "createdAt", NULLIF(expires_at, 'infinity') AS "expiresAt"
      FROM credit_lots WHERE user_id = ${userId}::uuid ORDER BY created_at, id`
    yield { path: 'credits.json', json: { wallet, transactions, lots, holds, debts } }
  },
  async eraseRows() {},
}
