import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { completed, rowId } from '../../testing/upload-steps.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

test.each<[string, string, string]>([
  ['waits for its turn', 'attempts = 3', 'PROCESSING'],
  ['runs for the last time', "attempts = 12, locked_by = 'w', locked_at = now()", 'PROCESSING'],
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
