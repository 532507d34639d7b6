import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type {
  ActivityQuery,
  CreditsQuery,
  DeleteActivityMutation,
  MeQuery,
  PlansAndUsageQuery,
  RequestUploadMutation,
} from '../../../operations/typed-operations.ts'
import type { Client } from '../api/client.ts'
import { makeRecording } from './recording.ts'
import { type Done, isUnknownToServer, Skipped, type Step } from './step-report.ts'
import { testVideos } from './test-videos.ts'
import { complete, messageOf, put, type UploadRequest } from './upload-file.ts'

const pollMs = 300

/**
 * Tests upload, reading, credits, plans and videos over public HTTP. The created activity and video are deleted even if a
 * step fails.
 */
export async function runSmokeTest(
  step: Step,
  client: Client,
  { waitSeconds }: { waitSeconds: number },
): Promise<void> {
  await step('health', 'Start the server, or see its log.', () => checkHealth(client))
  const tokenTodo = 'Give --token a new session token of the Clerk instance that the server is configured for.'
  await step('sign in', tokenTodo, () => signIn(client))

  const recording = makeRecording(new Date())
  const uploadTodo = 'Run `doctor` with the configuration of the server: it checks the database and the bucket.'
  const { request, uploadId, activityId } = await step('request upload', uploadTodo, () =>
    requestUpload(client, recording),
  )
  try {
    const bucketTodo = 'Run `doctor`: the bucket, its keys or a clock make the presigned URL invalid.'
    await step('put file', bucketTodo, () => put(request, recording.bytes))
    await step('complete upload', uploadTodo, () => complete(client, uploadId))
    const workerTodo = 'Check that a worker runs: `doctor`, and `jobs list --name activities.read-file`.'
    await step('activity ready', workerTodo, () => waitUntilReady(client, activityId, waitSeconds))
    await step('track', workerTodo, () => readTrack(client, activityId, recording.points))
    await step('credits', 'Run `ledger verify`.', () => readCredits(client))
    await step('plans', 'Check PLANS_FILE.', () => readPlans(client))
  } finally {
    await step('delete activity', `Delete the activity ${activityId} by hand.`, () => remove(client, activityId))
  }
  await testVideos(step, client, waitSeconds)
}

async function checkHealth(client: Client): Promise<Done<null>> {
  const { status, text } = await client.get('health/ready')
  if (status !== 200) throw new Error(`/health/ready answered ${status}: ${text}`)
  return ['ready', null]
}

async function signIn(client: Client): Promise<Done<null>> {
  const { me } = await client.execute<MeQuery>('Me', { first: 1 })
  if (!me) throw new Error('the token belongs to no user')
  return [`as ${me.id}`, null]
}

interface RequestedUpload {
  readonly uploadId: string
  readonly activityId: string
  readonly request: UploadRequest
}

async function requestUpload(client: Client, { bytes }: { bytes: Uint8Array }): Promise<Done<RequestedUpload>> {
  const input = {
    kind: 'ACTIVITY',
    filename: 'smoke-test.gpx',
    contentType: 'application/gpx+xml',
    byteSize: bytes.length,
    idempotencyKey: `smoke ${randomUUID()}`,
  }
  const { requestUpload: answer } = await client.execute<RequestUploadMutation>('RequestUpload', { input })
  if (answer?.__typename !== 'RequestUploadPayload') throw new Error(messageOf(answer))
  const { upload, activity, request } = answer
  if (!activity || !request) throw new Error('the response has no activity or no presigned request')
  return [`${bytes.length} bytes`, { uploadId: upload.id, activityId: activity.id, request }]
}

async function waitUntilReady(client: Client, id: string, waitSeconds: number): Promise<Done<null>> {
  const deadline = performance.now() + waitSeconds * 1_000
  for (;;) {
    const activity = await activityOf(client, id, 1)
    if (activity?.status === 'READY') return [`${activity.title}, ${Math.round(activity.distanceMeters ?? 0)} m`, null]
    if (activity?.status !== 'PROCESSING')
      throw new Error(activity?.failure ?? (activity ? `it is ${activity.status}` : 'it was not found'))
    if (performance.now() >= deadline) throw new Error(`it is still PROCESSING after ${waitSeconds} s`)
    await sleep(pollMs)
  }
}

async function readTrack(client: Client, id: string, points: number): Promise<Done<null>> {
  const track = (await activityOf(client, id, 500))?.track
  if (track?.length !== points) throw new Error(`it has ${track?.length ?? 0} points instead of ${points}`)
  return [`${points} points`, null]
}

async function activityOf(client: Client, id: string, maxPoints: number) {
  const { node } = await client.execute<ActivityQuery>('Activity', { id, maxPoints })
  return node?.__typename === 'Activity' ? node : null
}

async function readCredits(client: Client): Promise<Done<null>> {
  const { me } = await client.execute<CreditsQuery>('Credits', { first: 1 })
  if (typeof me?.creditBalance !== 'number') throw new Error('the response has no balance')
  return [`${me.creditBalance} credits`, null]
}

/** A server whose schema has no plans rejects the whole operation. */
async function readPlans(client: Client): Promise<Done<null>> {
  try {
    const { plans } = await client.execute<PlansAndUsageQuery>('PlansAndUsage')
    if (plans.length === 0) throw new Error('the response has no plans')
    return [plans.map(({ name }) => name).join(', '), null]
  } catch (error) {
    if (isUnknownToServer(error)) throw new Skipped("the server's schema has no plans")
    throw error
  }
}

async function remove(client: Client, activityId: string): Promise<Done<null>> {
  const { deleteActivity: answer } = await client.execute<DeleteActivityMutation>('DeleteActivity', {
    input: { activityId },
  })
  if (answer?.__typename !== 'DeleteActivityPayload') throw new Error(messageOf(answer))
  if (await activityOf(client, activityId, 1)) throw new Error('it was not deleted')
  return ['deleted, with its file', null]
}
