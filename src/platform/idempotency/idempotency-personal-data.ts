import type { PersonalData } from '../personal-data.ts'

/** Which requests of a person are remembered. The hash of their input says nothing to anybody and stays out. */
export const keysOfPerson: PersonalData = {
  tables: ['idempotency_keys'],
  async *exportFiles(db, userId) {
    const keys = await db.idempotencyKey.findMany({
      where: { userId },
      select: { mutation: true, key: true, result: true, createdAt: true },
      orderBy: { createdAt: 'asc' },
    })
    yield { path: 'requests.json', json: keys }
  },
  async eraseRows(tx, { userId }) {
    await tx.idempotencyKey.deleteMany({ where: { userId } })
  },
}
