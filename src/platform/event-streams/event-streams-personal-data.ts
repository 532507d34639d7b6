import type { PersonalData } from '../personal-data.ts'

/** The streams that a user has open. */
export const eventStreamsOfUser: PersonalData = {
  tables: ['event_streams'],
  async *exportFiles(db, userId) {
    const open = await db.eventStream.findMany({ where: { userId }, select: { id: true, expiresAt: true } })
    yield { path: 'open-streams.json', json: open }
  },
  async eraseRows(tx, { userId }) {
    await tx.eventStream.deleteMany({ where: { userId } })
  },
}
