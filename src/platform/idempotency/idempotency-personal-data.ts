import type { PersonalData } from '../personal-data.ts'

/** The stored idempotency keys of a person. The hash of their input has no meaning to people and is not exported. */
export const idempotencyPersonalData: PersonalData = {
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
