import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ActivityDocument,
  DeleteActivityDocument,
  UpdateActivityDocument,
  type UpdateActivityInput,
} from '../../../../operations/typed-operations.ts'
import type { User } from '../../../generated/prisma/client.ts'
import { toGlobalId } from '../../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createActivity, createUser } from '../../../testing/factories.ts'
import { complete, completed, jobsOf, keyOf, rowId, sent } from '../../../testing/upload-steps.ts'

const alice = 'alice@example.com'
const bob = 'bob@example.com'

let app: TestApp
let user: User
beforeAll(async () => {
  app = await startTestApp()
  user = await createUser(app, alice)
})
afterAll(() => app[Symbol.asyncDispose]())

const create = async () => toGlobalId('Activity', (await createActivity(app, user)).id)
const row = (id: string) => app.app.db.prisma.activity.findUnique({ where: { id: rowId(id) } })

async function update(as: string, input: UpdateActivityInput) {
  const { data, errors } = await app.run(as, UpdateActivityDocument, { input })
  expect(errors).toBeUndefined()
  return data.updateActivity
}

async function remove(as: string, activityId: string) {
  const { data, errors } = await app.run(as, DeleteActivityDocument, { input: { activityId } })
  expect(errors).toBeUndefined()
  return data.deleteActivity
}

/** Ids that the argument rejects. */
const foreign: readonly [string, string][] = [
  ['an upload', toGlobalId('Upload', uuidv7())],
  ['a user', toGlobalId('User', uuidv7())],
  ['an unknown type', toGlobalId('Spaceship', uuidv7())],
  ['a bare UUID', uuidv7()],
  ['an empty text', ''],
  ['NUL', '\0'],
  ['a lone surrogate', '\udfff'],
]

describe('updateActivity', () => {
  test('changes the given fields and no others', async () => {
    const activityId = await create()
    expect(await update(alice, { activityId, title: 'Tempo' })).toMatchObject({
      activity: { id: activityId, title: 'Tempo', sport: 'RUNNING' },
    })
    expect(await update(alice, { activityId, sport: 'HIKING' })).toMatchObject({
      activity: { title: 'Tempo', sport: 'HIKING' },
    })
    expect(await row(activityId)).toMatchObject({ title: 'Tempo', sport: 'HIKING', distanceMeters: 10_012.4 })
  })

  test('without fields changes nothing, and sends nothing to subscribers', async () => {
    const activityId = await create()
    const before = await row(activityId)
    expect(await update(alice, { activityId })).toMatchObject({ __typename: 'UpdateActivityPayload' })
    expect(await row(activityId)).toEqual(before)
  })

  test('is idempotent', async () => {
    const activityId = await create()
    const first = await update(alice, { activityId, title: 'Tempo', sport: 'WALKING' })
    expect(await update(alice, { activityId, title: 'Tempo', sport: 'WALKING' })).toEqual(first)
  })

  test.each([
    ['one character', 'x'],
    ['200 characters', 'x'.repeat(200)],
    ['200 characters outside the BMP', '🏃'.repeat(200)],
    ['Korean', '아침 러닝'],
    ['combined characters', '👨‍👩‍👧‍👦 e\u0301'],
    ['SQL', "'; DROP TABLE activities; --"],
  ])('accepts a title of %s', async (_, title) => {
    const activityId = await create()
    expect(await update(alice, { activityId, title })).toMatchObject({ activity: { title } })
  })

  test('trims the title', async () => {
    expect(await update(alice, { activityId: await create(), title: '  Tempo \n' })).toMatchObject({
      activity: { title: 'Tempo' },
    })
  })

  test.each([
    ['no characters', ''],
    ['blanks', ' \t\n\u00a0'],
    ['201 characters', 'x'.repeat(201)],
    ['100,000 characters', '🏃'.repeat(50_000)],
    ['NUL', 'run\0'],
    ['a control character', 'run\u0007run'],
    ['a line break', 'run\nrun'],
    ['a lone surrogate', 'run \ud83c'],
  ])('rejects a title of %s', async (_, title) => {
    const activityId = await create()
    const before = await row(activityId)
    expect(await update(alice, { activityId, title, sport: 'WALKING' })).toMatchObject({
      __typename: 'InvalidInputError',
      code: 'INVALID_INPUT',
      issues: [{ path: ['input', 'title'] }],
    })
    expect(await row(activityId)).toEqual(before)
  })

  test('rejects a null sport, and then changes no other field', async () => {
    const activityId = await create()
    const before = await row(activityId)
    expect(await update(alice, { activityId, sport: null, title: 'Tempo' })).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: ['input', 'sport'], message: 'The sport cannot be null. Use OTHER.' }],
    })
    expect(await row(activityId)).toEqual(before)
  })

  test('lists the problems of both fields', async () => {
    expect(await update(alice, { activityId: await create(), sport: null, title: '' })).toMatchObject({
      issues: [{ path: ['input', 'title'] }, { path: ['input', 'sport'] }],
    })
  })

  test('returns NOT_FOUND for another user’s activity and for an unknown one', async () => {
    const activityId = await create()
    const before = await row(activityId)
    const nobodys = toGlobalId('Activity', uuidv7())
    for (const id of [activityId, nobodys]) {
      expect(await update(bob, { activityId: id, title: 'Mine' })).toEqual({
        __typename: 'NotFoundError',
        code: 'NOT_FOUND',
        message: 'The activity was not found.',
      })
    }
    expect(await row(activityId)).toEqual(before)
  })

  test.each(foreign)('rejects the id of %s', async (_, activityId) => {
    expect(await update(alice, { activityId, title: 'x' })).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: ['input', 'activityId'] }],
    })
  })

  test('concurrent with a deletion succeeds or returns NOT_FOUND, and never an internal error', async () => {
    for (let round = 0; round < 30; round += 1) {
      const activityId = await create()
      const [updated, removed] = await Promise.all([
        app.run(alice, UpdateActivityDocument, { input: { activityId, title: 'x' } }),
        remove(alice, activityId),
      ])
      expect(removed).toMatchObject({ deletedId: activityId })
      expect(updated.errors ?? []).not.toContainEqual(
        expect.objectContaining({ extensions: { code: 'INTERNAL_SERVER_ERROR' } }),
      )
    }
  })
})

describe('deleteActivity', () => {
  test('deletes the activity with its laps, its track and its upload, and by a job the file', async () => {
    const { activity, upload } = await completed(app, alice)
    const activityId = activity?.id ?? ''
    await app.runDueJobs()
    const { prisma } = app.app.db
    const where = { activityId: rowId(activityId) }
    expect(await prisma.activityLap.count({ where })).toBe(1)
    expect(await prisma.activityTrack.count({ where })).toBe(1)
    const key = await keyOf(app, upload.id)
    expect(await app.app.adapters.bucket.read(key)).not.toBeNull()

    expect(await remove(alice, activityId)).toEqual({ __typename: 'DeleteActivityPayload', deletedId: activityId })
    expect(await row(activityId)).toBeNull()
    expect(await prisma.activityLap.count({ where })).toBe(0)
    expect(await prisma.activityTrack.count({ where })).toBe(0)
    expect(await prisma.upload.count({ where: { id: rowId(upload.id) } })).toBe(0)
    expect((await jobsOf(app, upload.id)).map(({ name }) => name)).toEqual([
      'uploads.remove-object',
      'uploads.remove-object',
    ])
    await app.runDueJobs()
    expect(await app.app.adapters.bucket.read(key)).toBeNull()
  })

  test('deletes an activity without a file, and one that is AWAITING_FILE', async () => {
    const withoutFile = await create()
    expect(await remove(alice, withoutFile)).toMatchObject({ deletedId: withoutFile })
    const { activity, upload } = await sent(app, alice)
    expect(await remove(alice, activity?.id ?? '')).toMatchObject({ deletedId: activity?.id })
    expect(await complete(app, alice, upload.id)).toMatchObject({ __typename: 'NotFoundError' })
  })

  test('returns NOT_FOUND the second time, and for another user’s activity', async () => {
    const activityId = await create()
    expect(await remove(bob, activityId)).toMatchObject({ __typename: 'NotFoundError', code: 'NOT_FOUND' })
    expect(await remove(alice, activityId)).toMatchObject({ deletedId: activityId })
    expect(await remove(alice, activityId)).toMatchObject({ __typename: 'NotFoundError', code: 'NOT_FOUND' })
  })

  test.each(foreign)('rejects the id of %s', async (_, activityId) => {
    const { data, errors } = await app.query(
      alice,
      `mutation ($id: ID!) { deleteActivity(input: { activityId: $id }) { __typename ... on InvalidInputError { issues { path } } } }`,
      { id: activityId },
    )
    expect({ data, errors }).toEqual({
      data: { deleteActivity: { __typename: 'InvalidInputError', issues: [{ path: ['input', 'activityId'] }] } },
      errors: undefined,
    })
  })

  test('concurrent with the job that reads the file leaves no rows', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { activity } = await completed(app, alice)
      const activityId = rowId(activity?.id ?? '')
      await Promise.all([app.runJob('activities.read-file', { activityId }), remove(alice, activity?.id ?? '')])
      expect(await row(activity?.id ?? '')).toBeNull()
      expect(await app.app.db.prisma.activityTrack.count({ where: { activityId } })).toBe(0)
      await app.runDueJobs()
    }
  })

  test('concurrent with completeUpload deletes both, without a deadlock', async () => {
    const { deadlocks: before } = await deadlocks()
    for (let round = 0; round < 30; round += 1) {
      const { activity, upload } = await sent(app, alice)
      const key = await keyOf(app, upload.id)
      const [result, removed] = await Promise.all([complete(app, alice, upload.id), remove(alice, activity?.id ?? '')])
      expect(removed).toMatchObject({ __typename: 'DeleteActivityPayload' })
      expect(['CompleteUploadPayload', 'NotFoundError']).toContain(result.__typename)
      await app.runDueJobs()
      expect(await app.app.db.prisma.upload.count({ where: { id: rowId(upload.id) } })).toBe(0)
      expect(await app.app.adapters.bucket.read(key)).toBeNull()
    }
    expect((await deadlocks()).deadlocks).toBe(before)
  })

  async function deadlocks(): Promise<{ deadlocks: bigint }> {
    const [counted] = await app.app.db.prisma.$queryRaw<{ deadlocks: bigint }[]>`
      SELECT pg_stat_force_next_flush()::text, deadlocks FROM pg_stat_database WHERE datname = current_database()`
    if (!counted) throw new Error('pg_stat_database has no row for this database.')
    return counted
  }
})

test('without a token every mutation of a request is null with UNAUTHENTICATED', async () => {
  const activityId = await create()
  const before = await row(activityId)
  const upload = toGlobalId('Upload', uuidv7())
  const answer = await app.query(
    null,
    `mutation ($activityId: ID!, $upload: ID!) {
      requestUpload(input: {
        kind: ACTIVITY, filename: "run.fit", contentType: "", byteSize: 100, idempotencyKey: "k"
      }) { __typename }
      completeUpload(input: { uploadId: $upload }) { __typename }
      cancelUpload(input: { uploadId: $upload }) { __typename }
      updateActivity(input: { activityId: $activityId, title: "Mine" }) { __typename }
      deleteActivity(input: { activityId: $activityId }) { __typename }
    }`,
    { activityId, upload },
  )
  const fields = ['requestUpload', 'completeUpload', 'cancelUpload', 'updateActivity', 'deleteActivity']
  expect(answer.status).toBe(200)
  expect(answer.data).toEqual(Object.fromEntries(fields.map((field) => [field, null])))
  expect(answer.errors).toMatchObject(
    fields.map((field) => ({ path: [field], extensions: { code: 'UNAUTHENTICATED' } })),
  )
  expect(await row(activityId)).toEqual(before)
  expect((await app.run(alice, ActivityDocument, { id: activityId })).data.node).toMatchObject({ id: activityId })
})
