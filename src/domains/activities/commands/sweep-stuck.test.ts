import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { completed, rowId } from '../../../testing/upload-steps.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

test.each<[string, string, string]>([
  ['is waiting', 'attempts = 3', 'PROCESSING'],
  ['runs its last attempt', "attempts = 12, locked_by = 'w', locked_at = now()", 'PROCESSING'],
  ['was killed in its last attempt', 'attempts = 12', 'FAILED'],
])('an activity whose job %s', async (_about, state, expected) => {
  const { activity } = await completed(app, 'alice@example.com')
  const id = rowId(activity?.id ?? '')
  const { prisma } = app.app.db
  const changed = await prisma.$executeRawUnsafe(
    `UPDATE graphile_worker._private_jobs SET ${state} WHERE key = 'activities.read-file:${id}'`,
  )
  expect(changed).toBe(1)
  await app.runJob('activities.sweep-stuck')
  const row = await prisma.activity.findUniqueOrThrow({ where: { id } })
  expect(row).toMatchObject({ status: expected, failure: expected === 'FAILED' ? expect.any(String) : null })
})

test('an activity whose job was lost gets a new one', async () => {
  const { activity } = await completed(app, 'alice@example.com')
  const id = rowId(activity?.id ?? '')
  const { prisma } = app.app.db
  const [lost] = await prisma.$queryRaw<{ payload: unknown; maxAttempts: number }[]>`
    DELETE FROM graphile_worker._private_jobs WHERE key = ${`activities.read-file:${id}`}
    RETURNING payload, max_attempts AS "maxAttempts"`
  await Promise.all([app.runJob('activities.sweep-stuck'), app.runJob('activities.sweep-stuck')])
  const again = await prisma.$queryRaw`
    SELECT payload, max_attempts AS "maxAttempts" FROM graphile_worker._private_jobs
    WHERE key = ${`activities.read-file:${id}`}`
  expect(again).toEqual([lost])
  await app.runJob('activities.read-file', { activityId: id })
  expect(await prisma.activity.findUniqueOrThrow({ where: { id } })).toMatchObject({ status: 'READY', failure: null })
})
