import { decodeJwt } from 'jose'
import { Client } from 'pg'
import type { DevelopmentIdentity } from '../src/dev/identity.ts'
import { toGlobalId } from '../src/graphql/ids.ts'
import { createDatabase } from '../src/platform/database/db.ts'
import { silentLog } from '../src/platform/observability/log.ts'
import { writeHistory } from './wallets.ts'

export interface BenchUser {
  readonly id: string
  readonly token: string
  readonly clerkId: string
  /** The global id of one of the user's activities. */
  readonly activityId: string
}

const userCount = 50
const activitiesEach = 30

/** Creates users with 30 activities each, as the owner of the tables. */
export async function createUsers(ownerUrl: string, identity: DevelopmentIdentity): Promise<readonly BenchUser[]> {
  const owner = new Client({ connectionString: ownerUrl })
  await owner.connect()
  const users: BenchUser[] = []
  for (let index = 0; index < userCount; index += 1) {
    const token = await identity.signToken({
      email: `p${index}@example.com`,
      now: new Date(),
      expiresInSeconds: 7_200,
    })
    const clerkId = decodeJwt(token).sub ?? ''
    const user = await owner.query<{ id: string }>(
      `INSERT INTO users (id, clerk_id, first_name, last_name, created_at)
       VALUES (uuid_v7(now()), $1, 'Alice', 'Example', now()) RETURNING id`,
      [clerkId],
    )
    const id = user.rows[0]?.id ?? ''
    await addActivities(owner, id, { from: 1, to: activitiesEach })
    const newest = await owner.query<{ id: string }>(
      'SELECT id FROM activities WHERE user_id = $1 ORDER BY ordered_at DESC LIMIT 1',
      [id],
    )
    users.push({ id, token, clerkId, activityId: toGlobalId('Activity', newest.rows[0]?.id ?? '') })
  }
  await owner.query('VACUUM ANALYZE')
  await owner.end()
  return users
}

/** Adds activities with uploads, and a wallet with transactions, to each user. */
export async function addRowsFor(
  ownerUrl: string,
  users: readonly BenchUser[],
  { activities, transactions }: { readonly activities: number; readonly transactions: number },
): Promise<void> {
  await using db = createDatabase({
    url: ownerUrl,
    isPooled: false,
    poolSize: 1,
    log: silentLog,
    onNotify: () => undefined,
  })
  const owner = new Client({ connectionString: ownerUrl })
  await owner.connect()
  for (const { id } of users) {
    await addActivities(owner, id, { from: activitiesEach + 1, to: activitiesEach + activities })
    await writeHistory(db, id, transactions)
  }
  await owner.query('VACUUM ANALYZE')
  await owner.end()
}

/** Adds activities with an upload each, each a day older than the previous one. */
async function addActivities(owner: Client, userId: string, { from, to }: { from: number; to: number }): Promise<void> {
  await owner.query(
    `WITH days AS (SELECT n, gen_random_uuid() AS file FROM generate_series($2::int, $3::int) AS n), files AS (
       INSERT INTO uploads (
         id, user_id, kind, filename, content_type, byte_size, status, created_at, addresses_expire_at)
       SELECT file, $1, 'ACTIVITY', 'run.fit', 'application/octet-stream', 121839, 'READY',
         now() - n * interval '1 day', now()
       FROM days)
     INSERT INTO activities (id, user_id, upload_id, title, sport, status, started_at, utc_offset_minutes,
       distance_meters, duration_seconds, device, created_at)
     SELECT uuid_v7(now()), $1, file, 'Run ' || n, 'RUNNING', 'READY', now() - n * interval '1 day', 0,
       10000 + n, 3312, 'Garmin Fenix 2', now()
     FROM days`,
    [userId, from, to],
  )
}
