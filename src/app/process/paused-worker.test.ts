import { expect, inject, onTestFinished, test } from 'vitest'
import { CompleteUploadDocument } from '../../../operations/typed-operations.ts'
import { startTestApp } from '../../testing/app.ts'
import { startBucketProxy } from '../../testing/bucket-proxy.ts'
import { createUser } from '../../testing/factories.ts'
import { type Program, startProgram } from '../../testing/process.ts'
import { production } from '../../testing/production.ts'
import { sent } from '../../testing/upload-steps.ts'

const ada = 'ada@example.com'
const heartbeat = { beatMs: 100, deadAfterMs: 500 }

test('a worker that is paused during a job for longer than its lease does not repeat the effect of the job', async () => {
  await using app = await startTestApp()
  await using proxy = await startBucketProxy()
  await createUser(app, ada)
  const database = { url: app.databaseUrl, ownerUrl: app.databaseUrl }
  const start = async (bucket: typeof proxy.bucket): Promise<Program> => {
    const { env } = await production({ dataDir: inject('dataDir'), bucket }, database)
    const worker = startProgram(['src/testing/worker-process.ts', JSON.stringify({ env, heartbeat })], {})
    onTestFinished(() => worker[Symbol.asyncDispose]())
    await worker.waitForOutput(/"working"/)
    return worker
  }
  const { promise: isReading, resolve: startsReading } = Promise.withResolvers<void>()
  const { promise: resumed, resolve: resume } = Promise.withResolvers<void>()
  proxy.onRequest = () => {
    startsReading()
    return resumed
  }
  const paused = await start(proxy.bucket)
  const { upload } = await sent(app, ada)
  await app.run(ada, CompleteUploadDocument, { input: { uploadId: upload.id } })
  await isReading
  paused.kill('SIGSTOP')

  const other = await start(inject('bucket'))
  await other.waitForOutput(/"activities\.read-file".*"job done"/)
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

  resume()
  paused.kill('SIGCONT')
  await paused.waitForOutput(/"activities\.read-file".*another worker has the job/)
  expect(await outcome()).toEqual(done)
})
