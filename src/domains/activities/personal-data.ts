import { type Database, notify, type Tx } from '../../platform/database/db.ts'
import type { PersonalData } from '../../platform/personal-data.ts'
import { lockUploads } from '../uploads/index.ts'
import { activityTopic } from './topic.ts'
import { decodeTrack } from './track.ts'

const batchSize = 200

/** A user's activities with laps and tracks. One file for each activity, since a track has up to 500,000 points. */
export function activitiesOfUser({ db }: { db: Database }): PersonalData {
  return {
    tables: ['activities', 'activity_laps', 'activity_tracks'],
    async *exportFiles(reader, userId) {
      const ids = await reader.activity.findMany({ where: { userId }, select: { id: true }, orderBy: { id: 'asc' } })
      for (const { id } of ids) {
        const activity = await reader.activity.findUnique({
          where: { id },
          omit: { orderedAt: true, distanceRank: true, rareStatus: true },
          include: { laps: { orderBy: { position: 'asc' } }, track: true },
        })
        if (!activity) continue
        const track = activity.track && decodeTrack(activity.track.data)
        yield { path: `activities/${id}.json`, json: { ...activity, track } }
      }
    },
    // Before the uploads are erased: an activity that is AWAITING_FILE must have an upload.
    async eraseAhead({ userId }) {
      while ((await db.transaction((tx) => removeSome(tx, userId))) === batchSize);
    },
    async eraseRows(tx, { userId }) {
      while ((await removeSome(tx, userId)) === batchSize);
    },
  }
}

/** Locks the uploads first, the lock order of all commands. Subscribers are notified, and their streams end. */
async function removeSome(tx: Tx, userId: string): Promise<number> {
  const some = await tx.activity.findMany({
    where: { userId },
    select: { id: true, uploadId: true },
    orderBy: { id: 'asc' },
    take: batchSize,
  })
  await lockUploads(
    tx,
    some.flatMap(({ uploadId }) => uploadId ?? []),
  )
  await tx.activity.deleteMany({ where: { id: { in: some.map(({ id }) => id) } } })
  for (const { id } of some) notify(tx, activityTopic(id))
  return some.length
}
