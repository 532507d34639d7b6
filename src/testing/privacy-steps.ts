import { randomUUID } from 'node:crypto'
import { decodeJwt } from 'jose'
import {
  type DataExportCardFragment,
  DataExportsDocument,
  DeleteAccountDocument,
  RequestDataExportDocument,
} from '../../operations/typed-operations.ts'
import type { User } from '../generated/prisma/client.ts'
import type { Answer, TestApp } from './app.ts'
import { clerkAddresses, clerkUser, type FakeClerk } from './clerk.ts'
import { processPendingEvents, sendClerkEvent } from './clerk-events.ts'
import { identityKey, signSessionToken } from './session-tokens.ts'
import { unzip } from './unzip.ts'
import { completed, rowId } from './upload-steps.ts'

/** The Clerk id of the user with this e-mail address. */
export async function clerkIdFor(app: TestApp, email: string): Promise<string> {
  return decodeJwt(await app.token(email)).sub ?? ''
}

/** Adds a user to the fake Clerk and sends their first request. `changes` are fields of Clerk. */
export async function signUp(app: TestApp, clerk: FakeClerk, email: string, changes: object = {}): Promise<User> {
  const id = await clerkIdFor(app, email)
  clerk.users.set(id, clerkUser(id, { ...clerkAddresses([email]), ...changes }))
  await app.query(email, '{ me { id } }')
  return app.app.db.prisma.user.findUniqueOrThrow({ where: { clerkId: id } })
}

/** Sends an operation as the user with this Clerk id. */
export async function queryAs(app: TestApp, clerkId: string, query: string): Promise<Answer<unknown>> {
  const { issuer, authorizedParties } = app.app.config.clerk
  const claims = { sub: clerkId, iss: issuer, azp: authorizedParties[0] }
  const token = await signSessionToken({ privateKey: identityKey(), claims })
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  })
  return {
    status: response.status,
    headers: response.headers,
    ...((await response.json()) as object),
  } as Answer<unknown>
}

/** Uploads and reads a recording: creates an upload, an idempotency key, an activity, its laps and its track. */
export async function recordedRun(app: TestApp, email: string, filename: string) {
  const { upload, activity } = await completed(app, email, undefined, {
    filename,
    idempotencyKey: `key of ${filename}`,
  })
  const activityId = rowId(activity?.id ?? '')
  await app.runJob('activities.read-file', { activityId })
  return { uploadId: rowId(upload.id), activityId }
}

/** Delivers and processes an event of Clerk about a user. */
export async function sendClerkUser(
  app: TestApp,
  clerkId: string,
  changes: object = {},
  type = 'user.updated',
): Promise<void> {
  await sendClerkEvent(app, { type, data: clerkUser(clerkId, { ...changes }) })
  await processPendingEvents(app)
}

/** Requests a data export. */
export async function requestExport(
  app: TestApp,
  email: string,
  idempotencyKey: string = randomUUID(),
): Promise<DataExportCardFragment> {
  const { data, errors } = await app.run(email, RequestDataExportDocument, { input: { idempotencyKey } })
  const result = data?.requestDataExport
  if (result?.__typename !== 'RequestDataExportPayload') throw new Error(JSON.stringify(errors ?? result))
  return result.export
}

/** Requests a data export and runs its job. */
export async function madeExport(app: TestApp, email: string): Promise<DataExportCardFragment> {
  const { id } = await requestExport(app, email)
  const { userId } = await app.app.db.prisma.dataExport.findUniqueOrThrow({ where: { id: rowId(id) } })
  await app.runJob('privacy.export', { userId, exportId: rowId(id) })
  const made = (await exportsOf(app, email)).find((candidate) => candidate.id === id)
  if (!made) throw new Error('The data export is not in the list.')
  return made
}

/** The data exports of the user. */
export async function exportsOf(app: TestApp, email: string): Promise<DataExportCardFragment[]> {
  const { data } = await app.run(email, DataExportsDocument, {})
  return data.me?.dataExports.edges.map(({ node }) => node) ?? []
}

/** The files of a finished data export by their paths. */
export async function filesOf(made: DataExportCardFragment): Promise<Map<string, string>> {
  const response = await fetch(made.download?.url ?? '')
  if (!response.ok) throw new Error(`The bucket answered ${response.status}.`)
  return unzip(new Uint8Array(await response.arrayBuffer()))
}

/** Sends deleteAccount. */
export function deleteAccount(app: TestApp, email: string, confirm = 'DELETE') {
  return app.run(email, DeleteAccountDocument, { input: { confirm } })
}

/** Deletes the account and runs the erasure, without its later check. */
export async function erase(app: TestApp, email: string, { id: userId }: Pick<User, 'id'>): Promise<void> {
  const { data } = await deleteAccount(app, email)
  if (data.deleteAccount?.__typename !== 'DeleteAccountPayload') throw new Error(JSON.stringify(data))
  await app.runJob('privacy.erase-user', { userId })
}

/** The rows of a table as text. */
export async function dump(app: TestApp, table: string): Promise<string[]> {
  const { rows } = await app.app.db.pool.query<{ row: string }>(`SELECT t::text AS row FROM "${table}" AS t ORDER BY 1`)
  return rows.map(({ row }) => row)
}
