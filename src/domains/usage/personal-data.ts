import type { PersonalData } from '../../platform/personal-data.ts'

/** The usage counters of a user. */
export const usageOfUser: PersonalData = {
  tables: ['usage_counters'],
  async *exportFiles(db, userId) {
    const counters = await db.usageCounter.findMany({
      where: { userId },
      orderBy: [{ meter: 'asc' }, { period: 'asc' }],
    })
    yield { path: 'usage.json', json: counters }
  },
  async eraseRows(tx, { userId }) {
    await tx.usageCounter.deleteMany({ where: { userId } })
  },
}
