import { randomUUID } from 'node:crypto'
import {
  CancelUploadDocument,
  CompleteUploadDocument,
  RequestUploadDocument,
  type RequestUploadInput,
  type RequestUploadMutation,
  type UploadedPartInput,
} from '../../operations/typed-operations.ts'
import { encodeFit } from '../dev/seed/recordings.ts'
import type { Upload } from '../generated/prisma/client.ts'
import { decodeGlobalId } from '../graphql/ids.ts'
import type { Answer, TestApp } from './app.ts'
import { send } from './send.ts'

type Result = NonNullable<RequestUploadMutation['requestUpload']>
export type Requested = Extract<Result, { __typename: 'RequestUploadPayload' }>

/** A small, complete recording of a minute. */
export const smallFit = encodeFit({
  sport: 'RUNNING',
  startedAt: new Date('2026-11-14T06:30:00Z'),
  seconds: 60,
  secondsBetweenPoints: 10,
})

/** The input of requestUpload for `smallFit` with a new idempotency key and the changes. */
export function uploadInput(changes: Partial<RequestUploadInput> = {}): RequestUploadInput {
  return {
    kind: 'ACTIVITY',
    filename: 'run.fit',
    contentType: '',
    byteSize: smallFit.length,
    idempotencyKey: randomUUID(),
    ...changes,
  }
}

/** Sends requestUpload and returns its payload or typed error. */
export async function request(app: TestApp, as: string, changes: Partial<RequestUploadInput> = {}): Promise<Result> {
  return resultOf(
    await app.run(as, RequestUploadDocument, { input: uploadInput(changes) }),
    (data) => data.requestUpload,
  )
}

/** Requests an upload. Throws if it is refused. */
export async function requested(app: TestApp, as: string, changes?: Partial<RequestUploadInput>): Promise<Requested> {
  const result = await request(app, as, changes)
  if (result.__typename !== 'RequestUploadPayload') throw new Error(JSON.stringify(result))
  return result
}

/** Requests an upload and sends the file in one request. */
export async function sent(
  app: TestApp,
  as: string,
  bytes: Uint8Array = smallFit,
  changes: Partial<RequestUploadInput> = {},
): Promise<Requested> {
  const answer = await requested(app, as, { byteSize: bytes.length, ...changes })
  if (!answer.request) throw new Error('This file must be uploaded in parts.')
  const response = await send(answer.request, bytes)
  if (response.status !== 200) throw new Error(`The bucket answered ${response.status}: ${await response.text()}`)
  return answer
}

/** Requests, sends and completes an upload. */
export async function completed(
  app: TestApp,
  as: string,
  bytes?: Uint8Array,
  changes?: Partial<RequestUploadInput>,
): Promise<Requested> {
  const answer = await sent(app, as, bytes, changes)
  const result = await complete(app, as, answer.upload.id)
  if (result.__typename !== 'CompleteUploadPayload') throw new Error(JSON.stringify(result))
  return answer
}

/** Sends completeUpload and returns its payload or typed error. */
export async function complete(app: TestApp, as: string, uploadId: string, parts?: UploadedPartInput[]) {
  return resultOf(
    await app.run(as, CompleteUploadDocument, { input: { uploadId, ...(parts ? { parts } : {}) } }),
    (data) => data.completeUpload,
  )
}

/** Sends cancelUpload and returns its payload or typed error. */
export async function cancel(app: TestApp, as: string, uploadId: string) {
  return resultOf(await app.run(as, CancelUploadDocument, { input: { uploadId } }), (data) => data.cancelUpload)
}

function resultOf<Data, Result>(answer: Answer<Data>, pick: (data: Data) => Result): NonNullable<Result> {
  const result = answer.errors ? null : pick(answer.data)
  if (result == null) throw new Error(`HTTP ${answer.status}: ${JSON.stringify(answer.errors)}`)
  return result
}

/** The UUID of the row in a global id. */
export function rowId(globalId: string): string {
  const decoded = decodeGlobalId(globalId)
  if (!decoded) throw new Error(`${globalId} is not a global id.`)
  return decoded.id
}

export function uploadRow(app: TestApp, globalId: string): Promise<Upload> {
  return app.app.db.prisma.upload.findUniqueOrThrow({ where: { id: rowId(globalId) } })
}

export async function keyOf(app: TestApp, globalId: string): Promise<string> {
  const { userId, id } = await uploadRow(app, globalId)
  return `uploads/${userId}/${id}`
}

interface WaitingJob {
  readonly name: string
  readonly runAt: Date
  readonly payload: object
}

/** The queued jobs whose payload contains the id of the row, in the order of their run times. */
export function jobsOf(app: TestApp, globalId: string): Promise<WaitingJob[]> {
  return app.app.db.prisma.$queryRaw<WaitingJob[]>`
    SELECT task.identifier AS name, job.run_at AS "runAt", job.payload
    FROM graphile_worker._private_jobs AS job JOIN graphile_worker._private_tasks AS task ON task.id = job.task_id
    WHERE job.payload::text LIKE ${`%${rowId(globalId)}%`} ORDER BY job.run_at, job.id`
}
