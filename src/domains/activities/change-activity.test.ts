import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ActivityDocument,
  DeleteActivityDocument,
  UpdateActivityDocument,
  type UpdateActivityInput,
} from '../../../operations/typed-operations.ts'
import type { User } from '../../generated/prisma/client.ts'
import { toGlobalId } from '../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createActivity, createPerson } from '../../testing/factories.ts'
import { complete, completed, jobsOf, keyOf, rowId, sent } from '../../testing/upload-steps.ts'

const alice = 'alice@example.com'
const bob = 'bob@example.com'

let app: TestApp
let user: User
beforeAll(async () => {
  app = await startTestApp()
  user = await createPerson(app, alice)
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
  const { data, errors } = await app.run(as, DeleteActivityDocument, { activityId })
  expect(errors).toBeUndefined()
  return data.deleteActivity
}

/** Ids that the argument does not take. */
const foreign: readonly [string, string][] = [
  ['an upload', toGlobalId('Upload', uuidv7())],
  ['a person', toGlobalId('User', uuidv7())],
  ['a type that is none', toGlobalId('Spaceship', uuidv7())],
  ['a bare UUID', uuidv7()],
  ['nothing', ''],
  ['NUL', '\0'],
  ['a lone surrogate', '\udfff'],
]

describe('updateActivity', () => {
  test('changes what is given and leaves the rest', async () => {
    const activityId = await create()
    expect(await update(alice, { activityId, title: 'Tempo' })).toMatchObject({
      activity: { id: activityId, title: 'Tempo', sport: 'RUNNING' },
    })
    expect(await update(alice, { activityId, sport: 'HIKING' })).toMatchObject({
      activity: { title: 'Tempo', sport: 'HIKING' },
    })
    expect(await row(activityId)).toMatchObject({ title: 'Tempo', sport: 'HIKING', distanceMeters: 10_012.4 })
  })

  test('of nothing changes nothing, not even for those who follow', async () => {
    const activityId = await create()
    const before = await row(activityId)
    expect(await update(alice, { activityId })).toMatchObject({ __typename: 'UpdateActivityPayload' })
    expect(await row(activityId)).toEqual(before)
  })

  test('twice is as once', async () => {
    const activityId = await create()
    const first = await update(alice, { activityId, title: 'Tempo', sport: 'WALKING' })
    expect(await update(alice, { activityId, title: 'Tempo', sport: 'WALKING' })).toEqual(first)
  })

  test.each([
    ['one character', 'x'],
    ['200 characters', 'x'.repeat(200)],
    ['200 characters of two halves each', '🏃'.repeat(200)],
    ['Korean', '아침 러닝'],
    ['letters joined to one', '👨‍👩‍👧‍👦 e\u0301'],
    ['what looks like SQL', "'; DROP TABLE activities; --"],
  ])('takes a title of %s', async (_, title) => {
    const activityId = await create()
    expect(await update(alice, { activityId, title })).toMatchObject({ activity: { title } })
  })

  test('takes the blanks around a title away', async () => {
    expect(await update(alice, { activityId: await create(), title: '  Tempo \n' })).toMatchObject({
      activity: { title: 'Tempo' },
    })
  })

  test.each([
    ['nothing', ''],
    ['blanks', ' \t\n\u00a0'],
    ['201 characters', 'x'.repeat(201)],
    ['100,000 characters', '🏃'.repeat(50_000)],
    ['NUL', 'run\0'],
    ['a control character', 'run\u0007run'],
    ['a line break', 'run\nrun'],
    ['half a character', 'run \ud83c'],
  ])('refuses a title of %s', async (_, title) => {
    const activityId = await create()
    const before = await row(activityId)
    expect(await update(alice, { activityId, title, sport: 'WALKING' })).toMatchObject({
      __typename: 'InvalidInputError',
      code: 'INVALID_INPUT',
      issues: [{ path: ['input', 'title'] }],
    })
    expect(await row(activityId)).toEqual(before)
  })

  test('refuses to clear a sport, with everything else that was given', async () => {
    const activityId = await create()
    const before = await row(activityId)
    expect(await update(alice, { activityId, sport: null, title: 'Tempo' })).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: ['input', 'sport'], message: 'A sport cannot be cleared. Choose OTHER.' }],
    })
    expect(await row(activityId)).toEqual(before)
  })

  test('finds neither another person’s activity nor one that never was', async () => {
    const activityId = await create()
    const before = await row(activityId)
    const nobodys = toGlobalId('Activity', uuidv7())
    for (const id of [activityId, nobodys]) {
      expect(await update(bob, { activityId: id, title: 'Mine' })).toEqual({
        __typename: 'NotFoundError',
        code: 'NOT_FOUND',
        message: 'There is no such activity.',
      })
    }
    expect(await row(activityId)).toEqual(before)
  })

  test.each(foreign)('refuses the id of %s', async (_, activityId) => {
    expect(await update(alice, { activityId, title: 'x' })).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: ['input', 'activityId'] }],
    })
  })

  test('at once with its removal answers with either, and is never our fault', async () => {
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
  test('removes the activity with laps, series, the row of its file, and by a job the file', async () => {
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

  test('removes an activity without a file, and one that waits for it', async () => {
    const withoutFile = await create()
    expect(await remove(alice, withoutFile)).toMatchObject({ deletedId: withoutFile })
    const { activity, upload } = await sent(app, alice)
    expect(await remove(alice, activity?.id ?? '')).toMatchObject({ deletedId: activity?.id })
    expect(await complete(app, alice, upload.id)).toMatchObject({ __typename: 'NotFoundError' })
  })

  test('finds nothing the second time, nor what is another person’s', async () => {
    const activityId = await create()
    expect(await remove(bob, activityId)).toMatchObject({ __typename: 'NotFoundError', code: 'NOT_FOUND' })
    expect(await remove(alice, activityId)).toMatchObject({ deletedId: activityId })
    expect(await remove(alice, activityId)).toMatchObject({ __typename: 'NotFoundError', code: 'NOT_FOUND' })
  })

  test.each(foreign)('refuses the id of %s', async (_, activityId) => {
    const { data, errors } = await app.query(
      alice,
      `mutation ($id: ID!) { deleteActivity(activityId: $id) { __typename ... on InvalidInputError { issues { path } } } }`,
      { id: activityId },
    )
    expect({ data, errors }).toEqual({
      data: { deleteActivity: { __typename: 'InvalidInputError', issues: [{ path: ['activityId'] }] } },
      errors: undefined,
    })
  })

  test('while the file is being read leaves nothing of it', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { activity } = await completed(app, alice)
      const activityId = rowId(activity?.id ?? '')
      await Promise.all([app.runJob('activities.read-file', { activityId }), remove(alice, activity?.id ?? '')])
      expect(await row(activity?.id ?? '')).toBeNull()
      expect(await app.app.db.prisma.activityTrack.count({ where: { activityId } })).toBe(0)
      await app.runDueJobs()
    }
  })

  test('at once with the completion of its file ends in the removal of both, without a deadlock', async () => {
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
    if (!counted) throw new Error('Postgres counts nothing.')
    return counted
  }
})

test('without sign-in every mutation is null with UNAUTHENTICATED, and the others beside it answer too', async () => {
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
      cancelUpload(uploadId: $upload) { __typename }
      updateActivity(input: { activityId: $activityId, title: "Mine" }) { __typename }
      deleteActivity(activityId: $activityId) { __typename }
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
