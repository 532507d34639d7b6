import { expect, inject, onTestFinished, test } from 'vitest'
import { CompleteUploadDocument } from '../../../operations/typed-operations.ts'
import { startTestApp } from '../../testing/app.ts'
import { openBucketDoor } from '../../testing/bucket-door.ts'
import { createPerson } from '../../testing/factories.ts'
import { type Program, startProgram } from '../../testing/process.ts'
import { production } from '../../testing/production.ts'
import { sent } from '../../testing/upload-steps.ts'

const ada = 'ada@example.com'
const heartbeat = { beatMs: 100, silentMs: 500 }

test('a worker that was paused for longer than its lease, in the middle of a job, does its effect no second time', async () => {
  await using app = await startTestApp()
  await using door = await openBucketDoor()
  await createPerson(app, ada)
  const database = { url: app.databaseUrl, ownerUrl: app.databaseUrl }
  const start = async (bucket: typeof door.bucket): Promise<Program> => {
    const { env } = await production({ dataDir: inject('dataDir'), bucket }, database)
    const worker = startProgram(['src/testing/worker-process.ts', JSON.stringify({ env, heartbeat })], {})
    onTestFinished(() => worker[Symbol.asyncDispose]())
    await worker.says(/"working"/)
    return worker
  }
  const { promise: isReading, resolve: reads } = Promise.withResolvers<void>()
  const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>()
  door.onRequest = () => {
    reads()
    return mayGoOn
  }
  const paused = await start(door.bucket)
  const { upload } = await sent(app, ada)
  await app.run(ada, CompleteUploadDocument, { input: { uploadId: upload.id } })
  await isReading
  paused.kill('SIGSTOP')

  const other = await start(inject('bucket'))
  await other.says(/"activities\.read-file".*"job done"/)
  const outcome = async () => {
    const { rows } = await app.owner.query(
      `SELECT status, revision, (SELECT count(*)::int FROM activity_laps WHERE activity_id = activities.id) AS laps,
         (SELECT sum(used)::int FROM usage_counters) AS used
       FROM activities`,
    )
    return rows
  }
  const done = await outcome()
  expect(done).toMatchObject([{ status: 'READY', laps: 1 }])

  goOn()
  paused.kill('SIGCONT')
  await paused.says(/"activities\.read-file".*"job done"/)
  expect(await outcome()).toEqual(done)
})
