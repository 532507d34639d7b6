import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ActivityDocument,
  UpdateActivityDocument,
  type UpdateActivityInput,
} from '../../../operations/typed-operations.ts'
import { encodeFit } from '../../dev/seed/recordings.ts'
import type { User } from '../../generated/prisma/client.ts'
import type { Sport } from '../../generated/prisma/enums.ts'
import { toGlobalId } from '../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { type ActivityInput, createActivity, createUser } from '../../testing/factories.ts'
import { completed } from '../../testing/upload-steps.ts'

const email = 'alice@example.com'

let app: TestApp
let user: User
beforeAll(async () => {
  app = await startTestApp()
  user = await createUser(app, email)
})
afterAll(() => app[Symbol.asyncDispose]())

async function titleOf(as: string, id: string): Promise<string> {
  const { node } = (await app.run(as, ActivityDocument, { id })).data
  if (node?.__typename !== 'Activity') throw new Error('There is no activity.')
  return node.title
}

const create = async (input: ActivityInput) => toGlobalId('Activity', (await createActivity(app, user, input)).id)

/** The title after a change. */
async function change(input: UpdateActivityInput): Promise<string> {
  const { data } = await app.run(email, UpdateActivityDocument, { input })
  if (data.updateActivity?.__typename !== 'UpdateActivityPayload') throw new Error(JSON.stringify(data))
  return data.updateActivity.activity.title
}

describe('a generated title', () => {
  test.each([
    ['00:00:00.000', 'Night'],
    ['04:59:59.999', 'Night'],
    ['05:00:00.000', 'Morning'],
    ['11:59:59.999', 'Morning'],
    ['12:00:00.000', 'Afternoon'],
    ['16:59:59.999', 'Afternoon'],
    ['17:00:00.000', 'Evening'],
    ['21:59:59.999', 'Evening'],
    ['22:00:00.000', 'Night'],
    ['23:59:59.999', 'Night'],
  ])('of a start at %s has the time of day %s', async (time, timeOfDay) => {
    const startedAt = new Date(`2026-06-01T${time}Z`)
    expect(await titleOf(email, await create({ startedAt }))).toBe(`${timeOfDay} run`)
  })

  test.each([
    [540, '2026-05-31T20:00:00Z', 'Morning run'],
    [540, '2026-05-31T19:59:59.999Z', 'Night run'],
    [-570, '2026-06-01T14:30:00Z', 'Morning run'],
    [-570, '2026-06-01T14:29:59.999Z', 'Night run'],
    [345, '2026-06-01T11:15:00Z', 'Evening run'],
    [null, '2026-06-01T12:00:00Z', 'Afternoon run'],
  ])('uses the local time, %s minutes from UTC, of %s', async (utcOffsetMinutes, startedAt, title) => {
    expect(await titleOf(email, await create({ utcOffsetMinutes, startedAt: new Date(startedAt) }))).toBe(title)
  })

  test.each<[Sport | null, string]>([
    ['RUNNING', 'Morning run'],
    ['CYCLING', 'Morning ride'],
    ['SWIMMING', 'Morning swim'],
    ['WALKING', 'Morning walk'],
    ['HIKING', 'Morning hike'],
    ['ROWING', 'Morning row'],
    ['STRENGTH', 'Morning strength training'],
    ['OTHER', 'Morning activity'],
    [null, 'Morning activity'],
  ])('of the sport %s is %s', async (sport, title) => {
    expect(await titleOf(email, await create({ sport, startedAt: new Date('2026-06-01T06:00:00Z') }))).toBe(title)
  })

  test('starts with New if the start is unknown', async () => {
    expect(await titleOf(email, await create({ status: 'PROCESSING' }))).toBe('New activity')
    expect(await titleOf(email, await create({ status: 'PROCESSING', sport: 'ROWING' }))).toBe('New row')
  })
})

describe('the local time of a file', () => {
  const file = { sport: 'RUNNING', seconds: 60, secondsBetweenPoints: 10 } as const
  test.each([
    // 20:30 UTC is 05:30 in Seoul, and 16:30 in New York in daylight saving time.
    ['Asia/Seoul', new Date('2026-06-01T20:30:00Z'), undefined, 'Morning run'],
    ['America/New_York', new Date('2026-06-01T20:30:00Z'), undefined, 'Afternoon run'],
    ['America/New_York', new Date('2026-01-15T21:30:00Z'), undefined, 'Afternoon run'],
    ['America/New_York', new Date('2026-01-15T22:00:00Z'), undefined, 'Evening run'],
    ['America/New_York', new Date('2026-06-01T20:30:00Z'), 540, 'Morning run'],
  ])(
    'is that of the time zone %s at %j, unless the device recorded an offset: %s minutes',
    async (timeZone, startedAt, utcOffsetMinutes, title) => {
      const as = `${timeZone.replace('/', '-')}.${startedAt.getTime()}.${utcOffsetMinutes}@example.com`
      await createUser(app, as, { timeZone })
      const bytes = encodeFit({ ...file, startedAt, ...(utcOffsetMinutes === undefined ? {} : { utcOffsetMinutes }) })
      const { activity } = await completed(app, as, bytes)
      await app.runDueJobs()
      expect(await titleOf(as, activity?.id ?? '')).toBe(title)
    },
  )
})

test('a title set by the user does not follow the sport, and null restores the generated title', async () => {
  const activityId = await create({ startedAt: new Date('2026-06-01T06:00:00Z') })
  expect(await titleOf(email, activityId)).toBe('Morning run')
  expect(await change({ activityId, sport: 'CYCLING' })).toBe('Morning ride')
  expect(await change({ activityId, title: 'To the sea and back' })).toBe('To the sea and back')
  expect(await change({ activityId, sport: 'HIKING' })).toBe('To the sea and back')
  expect(await change({ activityId, title: null })).toBe('Morning hike')
  expect(await titleOf(email, activityId)).toBe('Morning hike')
})
