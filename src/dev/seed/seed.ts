import { Temporal } from 'temporal-polyfill'
import type { App } from '../../app/app.ts'
import { uploadOwners } from '../../app/upload-owners.ts'
import { readActivityFile } from '../../domains/activities/index.ts'
import { completeUpload, requestUpload, uploadCounter, writeFile } from '../../domains/uploads/index.ts'
import { Unauthenticated } from '../../domains/users/index.ts'
import type { User } from '../../generated/prisma/client.ts'
import type { DevelopmentIdentity } from '../identity.ts'
import { type Habit, type InventedPerson, people, weeks } from './people.ts'
import { encodeFit } from './recordings.ts'

export interface SeededPerson {
  readonly email: string
  readonly timeZone: string
  /** How many activities were made now. */
  readonly made: number
}

/** How many activities a seed of an empty database makes. */
export const seedSize = people.reduce((sum, { habit }) => sum + habit.length * weeks, 0)

/**
 * Invents people who train by habit, and sends each activity's FIT file through the very commands that a client's
 * requests run. A training that is there already is passed over, so seeding twice is as once.
 */
export async function* seed(app: App, identity: DevelopmentIdentity): AsyncGenerator<SeededPerson | 'activity'> {
  for (const person of people) {
    const user = await signIn(app, identity, person)
    let made = 0
    for (const training of trainingsOf(person, app.clock())) {
      const { startedAt } = training
      const isThere = (await app.db.prisma.activity.count({ where: { userId: user.id, startedAt } })) > 0
      if (!isThere) {
        await record(app, user, training)
        made += 1
      }
      yield 'activity'
    }
    yield { email: person.email, timeZone: person.timeZone, made }
  }
}

async function signIn(app: App, identity: DevelopmentIdentity, person: InventedPerson): Promise<User> {
  const { email, timeZone, locale } = person
  const token = await identity.signToken({ email, now: app.clock(), expiresInSeconds: 60 })
  const { user } = await app.authenticator.authenticate(token, app.clock()).catch((error: unknown) => {
    if (!(error instanceof Unauthenticated)) throw error
    throw new Error(
      `${email} was deleted or banned here, and nothing seeds them. Remove the data folder to begin anew.`,
    )
  })
  return app.db.prisma.user.update({ where: { id: user.id }, data: { timeZone, locale } })
}

interface Training extends Habit {
  readonly startedAt: Date
  readonly utcOffsetMinutes: number
  readonly place: InventedPerson['place']
}

function trainingsOf({ habit, timeZone, place }: InventedPerson, now: Date): Training[] {
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timeZone)
  const monday = today.startOfDay().subtract({ days: today.dayOfWeek - 1 })
  return Array.from({ length: weeks }, (_, week) => week + 1).flatMap((weeksAgo) =>
    habit.map((training) => {
      const start = monday.subtract({ weeks: weeksAgo }).add({ days: training.day }).with({ hour: training.hour })
      // Nobody trains alike every week: up to a tenth more or less, the same at every seed.
      const form = 1 + (((weeksAgo * 7 + training.day * 3) % 11) - 5) / 50
      return {
        ...training,
        minutes: Math.round(training.minutes / form),
        metersPerSecond: training.metersPerSecond * form,
        place,
        startedAt: new Date(start.epochMilliseconds),
        utcOffsetMinutes: start.offsetNanoseconds / 60e9,
      }
    }),
  )
}

async function record(app: App, user: User, training: Training): Promise<void> {
  const { db, adapters, usage, clock, metrics } = app
  const { bucket, recordingReader: reader } = adapters
  const ports = { db, bucket, owners: uploadOwners, usage, countUpload: uploadCounter(metrics) }
  const { startedAt, minutes, sport } = training
  const bytes = encodeFit({
    ...training,
    seconds: minutes * 60,
    laps: Math.ceil(minutes / 15),
    secondsBetweenPoints: 5,
  })
  const upload = await requestUpload(ports, {
    userId: user.id,
    kind: 'ACTIVITY',
    filename: `${startedAt.toISOString().slice(0, 10)}-${sport.toLowerCase()}.fit`,
    contentType: 'application/vnd.ant.fit',
    byteSize: bytes.length,
    contentMd5: null,
    targetId: null,
    idempotencyKey: `seed ${startedAt.toISOString()}`,
    now: clock(),
  })
  await writeFile(bucket, upload, bytes)
  await completeUpload(ports, { userId: user.id, uploadId: upload.id, parts: null, now: clock() })
  const activity = await db.prisma.activity.findUniqueOrThrow({ where: { uploadId: upload.id } })
  await readActivityFile({ db, bucket, reader }, activity.id, { isLastAttempt: true })
}
