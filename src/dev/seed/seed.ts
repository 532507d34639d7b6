import { Temporal } from 'temporal-polyfill'
import { readRecording } from '../../adapters/recordings/read-recording.ts'
import type { App } from '../../app/app.ts'
import {
  activities,
  type ReadActivityFileRun,
  type RecordingReader,
  readActivityFile,
} from '../../domains/activities/index.ts'
import { completeUpload, requestUpload, uploads, writeFile } from '../../domains/uploads/index.ts'
import { Unauthenticated, users } from '../../domains/users/index.ts'
import type { User } from '../../generated/prisma/client.ts'
import type { DevelopmentIdentity } from '../identity.ts'
import { encodeFit } from './recordings.ts'
import { type SampleUser, sampleUsers, type WeeklyActivity, weeks } from './sample-users.ts'

export interface SeededUser {
  readonly email: string
  readonly timeZone: string
  /** The number of activities created in this run. */
  readonly made: number
}

/** The number of activities that a seed of an empty database creates. */
export const seedSize = sampleUsers.reduce((sum, user) => sum + user.weeklyActivities.length * weeks, 0)

/**
 * Creates sample users with weekly activities. Each activity's FIT file goes through the same commands as a client's
 * upload. Existing activities are skipped, so that seeding is idempotent.
 */
export async function* seed(app: App, identity: DevelopmentIdentity): AsyncGenerator<SeededUser | 'activity'> {
  for (const sampleUser of sampleUsers) {
    const user = await signIn(app, identity, sampleUser)
    let made = 0
    for (const training of trainingsOf(sampleUser, app.clock())) {
      const { startedAt } = training
      const exists = (await app.db.prisma.activity.count({ where: { userId: user.id, startedAt } })) > 0
      if (!exists) {
        await upload(app, user, training)
        made += 1
      }
      yield 'activity'
    }
    yield { email: sampleUser.email, timeZone: sampleUser.timeZone, made }
  }
}

async function signIn(app: App, identity: DevelopmentIdentity, sampleUser: SampleUser): Promise<User> {
  const { email, timeZone, locale } = sampleUser
  const token = await identity.signToken({ email, now: app.clock(), expiresInSeconds: 60 })
  const { user } = await app
    .services(users)
    .authenticator.authenticate(token, app.clock())
    .catch((error: unknown) => {
      if (!(error instanceof Unauthenticated)) throw error
      throw new Error(
        `${email} was deleted or banned in this database. Remove the data folder to start with an empty one.`,
      )
    })
  return app.db.prisma.user.update({ where: { id: user.id }, data: { timeZone, chosenLocale: locale } })
}

interface Training extends WeeklyActivity {
  readonly startedAt: Date
  readonly utcOffsetMinutes: number
  readonly place: SampleUser['place']
}

function trainingsOf({ weeklyActivities, timeZone, place }: SampleUser, now: Date): Training[] {
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timeZone)
  const monday = today.startOfDay().subtract({ days: today.dayOfWeek - 1 })
  return Array.from({ length: weeks }, (_, week) => week + 1).flatMap((weeksAgo) =>
    weeklyActivities.map((training) => {
      const start = monday.subtract({ weeks: weeksAgo }).add({ days: training.day }).with({ hour: training.hour })
      // Varies speed and duration by up to a tenth from week to week. Deterministic, so that seeding is idempotent.
      const factor = 1 + (((weeksAgo * 7 + training.day * 3) % 11) - 5) / 50
      return {
        ...training,
        minutes: Math.round(training.minutes / factor),
        metersPerSecond: training.metersPerSecond * factor,
        place,
        startedAt: new Date(start.epochMilliseconds),
        utcOffsetMinutes: start.offsetNanoseconds / 60e9,
      }
    }),
  )
}

/** Reads files that this process has written itself: a child for each, as for the files of users, takes 0.2 s. */
const reader: RecordingReader = { read: async (bytes) => readRecording(bytes) }

/** The files are read here and not by a job. */
const onlyAttempt: ReadActivityFileRun = {
  signal: new AbortController().signal,
  attempt: 1,
  isLastAttempt: true,
  step: (_name, work) => work(),
  isFinished: () => false,
}

async function upload(app: App, user: User, training: Training): Promise<void> {
  const files = app.services(uploads)
  const { startedAt, minutes, sport } = training
  const bytes = encodeFit({
    ...training,
    seconds: minutes * 60,
    laps: Math.ceil(minutes / 15),
    secondsBetweenPoints: 5,
  })
  const requested = await requestUpload(files, user, {
    kind: 'ACTIVITY',
    filename: `${startedAt.toISOString().slice(0, 10)}-${sport.toLowerCase()}.fit`,
    contentType: 'application/vnd.ant.fit',
    byteSize: bytes.length,
    contentMd5: null,
    targetId: null,
    idempotencyKey: `seed ${startedAt.toISOString()}`,
  })
  await writeFile(files.bucket, requested, bytes)
  await completeUpload(files, user, { uploadId: requested.id, parts: null })
  const activity = await app.db.prisma.activity.findUniqueOrThrow({ where: { uploadId: requested.id } })
  await readActivityFile({ ...app.services(activities), reader }, activity.id, onlyAttempt)
}
