import { decodeJwt } from 'jose'
import { v7 as uuidv7 } from 'uuid'
import type { CreatedNotification } from '../domains/notifications/inbox/notify-users.ts'
import { notifications } from '../domains/notifications/index.ts'
import { users } from '../domains/users/index.ts'
import { videoFinished, videoFinishedMessages } from '../domains/videos/video-notifications.ts'
import type { Activity, Prisma, PushDevice, User, Video } from '../generated/prisma/client.ts'
import type { TestApp } from './app.ts'

/** Creates the user who signs in with this e-mail address. */
export async function createUser(
  app: TestApp,
  email: string,
  data: Partial<Prisma.UserCreateInput> = {},
): Promise<User> {
  const { sub } = decodeJwt(await app.token(email))
  return app.app.db.prisma.user.create({
    data: { clerkId: sub ?? '', ...app.app.services(users).emails.columns(email), createdAt: app.now, ...data },
  })
}

export type ActivityInput = Partial<Omit<Prisma.ActivityCreateManyInput, 'userId' | 'uploadId'>> & {
  /** Also creates the row of the upload, without a file. Activities that wait for a file or are read always have one. */
  readonly hasUpload?: boolean
}

/** Creates activities in the order of the inputs. Defaults: a READY run of 10 km an hour ago. */
export async function createActivities(
  app: TestApp,
  { id: userId }: Pick<User, 'id'>,
  inputs: readonly ActivityInput[],
): Promise<Activity[]> {
  const { prisma } = app.app.db
  const activities = inputs.map((input) => rowOf(app, userId, input))
  const uploads = activities.flatMap(({ uploadId, status }) =>
    uploadId ? [{ ...uploadOf(app, userId), id: uploadId, ...pendingUntil(app, status === 'AWAITING_FILE') }] : [],
  )
  await prisma.upload.createMany({ data: uploads })
  await prisma.activity.createMany({ data: activities })
  const rows = await prisma.activity.findMany({ where: { id: { in: activities.map(({ id }) => id) } } })
  const rowOfId = new Map(rows.map((row) => [row.id, row]))
  return activities.flatMap(({ id }) => rowOfId.get(id) ?? [])
}

/** Creates one activity. */
export async function createActivity(
  app: TestApp,
  user: Pick<User, 'id'>,
  input: ActivityInput = {},
): Promise<Activity> {
  const [activity] = await createActivities(app, user, [input])
  if (!activity) throw new Error('The activity was not created.')
  return activity
}

function rowOf(app: TestApp, userId: string, { hasUpload, ...input }: ActivityInput) {
  const status = input.status ?? 'READY'
  const needsUpload = status === 'AWAITING_FILE' || status === 'PROCESSING'
  const isRead = status === 'READY'
  return {
    id: uuidv7(),
    userId,
    uploadId: hasUpload || needsUpload ? uuidv7() : null,
    status,
    createdAt: app.now,
    failure: status === 'FAILED' ? 'The file is damaged (its checksum does not fit). Export it again.' : null,
    ...(isRead ? measured(app) : {}),
    ...input,
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
    addressesExpireAt: new Date(now.getTime() + 600_000),
  }
}

function pendingUntil({ now }: TestApp, isPending: boolean) {
  return isPending
    ? { status: 'PENDING' as const, expiresAt: new Date(now.getTime() + 24 * 3_600_000) }
    : { status: 'READY' as const, expiresAt: null }
}

/** Creates a video that has failed, unless the data say otherwise. */
export async function createVideo(
  app: TestApp,
  { id: userId }: Pick<User, 'id'>,
  data: Partial<Prisma.VideoUncheckedCreateInput> = {},
): Promise<Video> {
  const times = { queuedAt: app.now, notBefore: app.now, consumedAt: app.now, createdAt: app.now, finishedAt: app.now }
  return app.app.db.prisma.video.create({
    data: {
      id: uuidv7(),
      userId,
      title: 'A talk',
      templateKey: 'waveform',
      format: 'SQUARE',
      options: { colours: null, language: null, showsCaptions: true },
      status: 'FAILED',
      failure: { key: 'renderingFailed', values: {} },
      creditCost: 10,
      mostAtOnce: 1,
      maxDurationSeconds: 600,
      ...times,
      ...data,
    },
  })
}

/** Creates a notification that a video is ready, as a domain does. */
export async function createNotification(app: TestApp, { id: userId }: Pick<User, 'id'>): Promise<CreatedNotification> {
  const { db, services } = app.app
  const text = { title: videoFinishedMessages.readyTitle(), body: videoFinishedMessages.readyBody({ title: 'A talk' }) }
  const item = { userId, type: videoFinished, dedupeKey: `video:${uuidv7()}`, ...text }
  const [created] = await db.transaction((tx) => services(notifications).notifyUsers(tx, [item], app.now))
  if (!created) throw new Error('The notification was not created.')
  return created
}

/** Creates a device of an app, without a valid token. */
export function createPushDevice(app: TestApp, { id: userId }: Pick<User, 'id'>): Promise<PushDevice> {
  const id = uuidv7()
  const address = app.app.encryptor.encrypt(JSON.stringify({ token: id }), 'push_devices.address')
  const times = { createdAt: app.now, registeredAt: app.now }
  return app.app.db.prisma.pushDevice.create({
    data: { id, userId, service: 'FCM', address, addressHash: id, ...times },
  })
}
