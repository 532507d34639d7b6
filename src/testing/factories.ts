import { decodeJwt } from 'jose'
import { v7 as uuidv7 } from 'uuid'
import type { Activity, Prisma, User } from '../generated/prisma/client.ts'
import type { TestApp } from './app.ts'

/** The row of whoever signs in with that address. */
export async function createPerson(
  app: TestApp,
  email: string,
  data: Partial<Prisma.UserCreateInput> = {},
): Promise<User> {
  const { sub } = decodeJwt(await app.token(email))
  return app.app.db.prisma.user.create({
    data: { clerkId: sub ?? '', ...app.app.emails.columns(email), createdAt: app.now, ...data },
  })
}

export type ActivityWish = Partial<Omit<Prisma.ActivityCreateManyInput, 'userId' | 'uploadId'>> & {
  /** Also makes the row of its file (not the file). Those that wait for a file or read it always have one. */
  readonly hasUpload?: boolean
}

/** Runs of 10 km an hour ago, READY, but for what is wished otherwise; in the order of the wishes. */
export async function createActivities(
  app: TestApp,
  { id: userId }: Pick<User, 'id'>,
  wishes: readonly ActivityWish[],
): Promise<Activity[]> {
  const { prisma } = app.app.db
  const activities = wishes.map((wish) => rowOf(app, userId, wish))
  const uploads = activities.flatMap(({ uploadId, status }) =>
    uploadId ? [{ ...uploadOf(app, userId), id: uploadId, ...pendingUntil(app, status === 'AWAITING_FILE') }] : [],
  )
  await prisma.upload.createMany({ data: uploads })
  await prisma.activity.createMany({ data: activities })
  const rows = await prisma.activity.findMany({ where: { id: { in: activities.map(({ id }) => id) } } })
  const rowOfId = new Map(rows.map((row) => [row.id, row]))
  return activities.flatMap(({ id }) => rowOfId.get(id) ?? [])
}

/** One of them. */
export async function createActivity(app: TestApp, user: Pick<User, 'id'>, wish: ActivityWish = {}): Promise<Activity> {
  const [activity] = await createActivities(app, user, [wish])
  if (!activity) throw new Error('The activity was not made.')
  return activity
}

function rowOf(app: TestApp, userId: string, { hasUpload, ...wish }: ActivityWish) {
  const status = wish.status ?? 'READY'
  const needsUpload = status === 'AWAITING_FILE' || status === 'PROCESSING'
  const isRead = status === 'READY'
  return {
    id: uuidv7(),
    userId,
    uploadId: hasUpload || needsUpload ? uuidv7() : null,
    status,
    createdAt: app.now,
    failure: status === 'FAILED' ? 'The file is damaged (its checksum does not fit). Export it anew.' : null,
    ...(isRead ? measured(app) : {}),
    ...wish,
  }
}

function measured(app: TestApp) {
  return {
    sport: 'RUNNING' as const,
    startedAt: new Date(app.now.getTime() - 3_600_000),
    utcOffsetMinutes: 0,
    distanceMeters: 10_012.4,
    durationSeconds: 3_312,
    movingSeconds: 3_290,
    elevationGainMeters: 84,
    averageSpeedMetersPerSecond: 3.02,
    averageHeartRateBpm: 148,
    maxHeartRateBpm: 171,
    averageCadenceRpm: 84,
    caloriesKcal: 702,
    device: 'Garmin Fenix 2',
  }
}

function uploadOf({ now }: TestApp, userId: string) {
  return {
    userId,
    kind: 'ACTIVITY' as const,
    filename: 'run.fit',
    contentType: 'application/octet-stream',
    byteSize: 121_839,
    createdAt: now,
    addressesLapseAt: new Date(now.getTime() + 600_000),
  }
}

function pendingUntil({ now }: TestApp, isPending: boolean) {
  return isPending
    ? { status: 'PENDING' as const, expiresAt: new Date(now.getTime() + 24 * 3_600_000) }
    : { status: 'READY' as const, expiresAt: null }
}
