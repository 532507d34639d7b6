import { expect, inject, onTestFinished, test } from 'vitest'
import { ActivityDocument } from '../../../operations/typed-operations.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createUser } from '../../testing/factories.ts'
import { ownerUrlOf } from '../../testing/postgres.ts'
import { startProgram } from '../../testing/process.ts'
import { production } from '../../testing/production.ts'
import { encodeGpx, fitOfMessages } from '../../testing/recordings.ts'
import { sendRecording } from '../../testing/send-recording.ts'
import { completed } from '../../testing/upload-steps.ts'

const ada = 'ada@example.com'

async function outcomeOf(app: TestApp, activityId: string) {
  const { node } = (await app.run(ada, ActivityDocument, { id: activityId })).data
  if (node?.__typename !== 'Activity') throw new Error('The activity was not found.')
  return { status: node.status, failure: node.failure }
}

test('a FIT file of 33 million messages fails, and the server that reads it stays up', async () => {
  await using app = await startTestApp()
  await createUser(app, ada)
  const database = { url: app.databaseUrl, ownerUrl: ownerUrlOf(app.databaseUrl) }
  const resources = { dataDir: inject('dataDir'), bucket: inject('bucket') }
  const { env, token } = await production(resources, database)
  const program = startProgram(['src/main.ts', 'all'], env)
  onTestFinished(() => program[Symbol.asyncDispose]())
  const [, port] = await program.waitForOutput(/"port":(\d+),"metricsPort":(\d+)/)
  const url = `http://127.0.0.1:${port}`

  const header = 22
  const hostile = await sendRecording(url, await token(ada), fitOfMessages(32 * 1024 * 1024 - header))
  await expect
    .poll(() => outcomeOf(app, hostile.activityId), { timeout: 60_000 })
    .toEqual({
      status: 'FAILED',
      failure:
        'This file has more than 1,000,000 messages, more than a recording of an activity has. Split the recording and upload its parts.',
    })
  const sound = await sendRecording(url, await token(ada))
  await expect.poll(() => outcomeOf(app, sound.activityId), { timeout: 30_000 }).toMatchObject({ status: 'READY' })
  expect((await fetch(`${url}/health/live`)).status).toBe(200)
}, 240_000)

test('a file during whose reading two workers are killed fails in the third', async () => {
  await using app = await startTestApp()
  // Takes seconds to read.
  const file = encodeGpx({ sport: 'RUNNING', startedAt: new Date('2026-11-14T06:30:00Z'), seconds: 20_000 })
  const { activity } = await completed(app, ada, file)
  const activityId = activity?.id ?? ''
  const resources = { dataDir: inject('dataDir'), bucket: inject('bucket') }
  const { env } = await production(resources, { url: app.databaseUrl, ownerUrl: app.databaseUrl })
  const heartbeat = { beatMs: 100, deadAfterMs: 2_000 }
  const start = () => {
    const worker = startProgram(['src/testing/worker-process.ts', JSON.stringify({ env, heartbeat })], {})
    onTestFinished(() => worker[Symbol.asyncDispose]())
    return worker
  }
  const steps = async () => {
    const { rows } = await app.owner.query<{ steps: object }>('SELECT steps FROM job_progress')
    return Object.keys(rows[0]?.steps ?? {})
  }
  for (const attempt of [1, 2]) {
    const worker = start()
    await expect.poll(steps, { timeout: 60_000, interval: 20 }).toContain(`reading ${attempt} begins`)
    worker.kill('SIGKILL')
    expect(await worker.ended).toBe('SIGKILL')
    expect(await steps()).not.toContain(`reading ${attempt} ends`)
  }
  start()
  await expect
    .poll(() => outcomeOf(app, activityId), { timeout: 60_000 })
    .toEqual({
      status: 'FAILED',
      failure: expect.stringContaining('reading it was ended twice before it had a result'),
    })
}, 240_000)
