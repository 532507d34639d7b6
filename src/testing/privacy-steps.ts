import { decodeJwt } from 'jose'
import { inject } from 'vitest'
import {
  type DataExportCardFragment,
  DataExportsDocument,
  DeleteAccountDocument,
  RequestDataExportDocument,
} from '../../operations/typed-operations.ts'
import { developmentIdentity } from '../dev/identity.ts'
import type { User } from '../generated/prisma/client.ts'
import { type Answer, startTestApp, type TestApp, type TestAppOptions } from './app.ts'
import { clerkAddresses, clerkPerson } from './clerk.ts'
import { sendClerkEvent, workOffEvents } from './clerk-events.ts'
import { unzip } from './unzip.ts'
import { completed, rowId } from './upload-steps.ts'
import { type ClerkStandIn, identityKey, signSessionToken } from './vendors.ts'

/** An app that reads its people from that Clerk. */
export async function startAppWith(clerk: ClerkStandIn, options: TestAppOptions = {}): Promise<TestApp> {
  const identity = await developmentIdentity(inject('dataDir'))
  const config = {
    clerk: {
      ...identity,
      requireAuthorizedParty: true,
      secretKey: 'sk_test_secret',
      apiUrl: clerk.url,
    },
    ...options.config,
  }
  return startTestApp({ ...options, config })
}

/** The Clerk id of whoever signs in with this address. */
export async function clerkIdFor(app: TestApp, email: string): Promise<string> {
  return decodeJwt(await app.token(email)).sub ?? ''
}

/** Somebody whom Clerk knows, and who has made a first request; `changes` are Clerk's fields. */
export async function signUp(app: TestApp, clerk: ClerkStandIn, email: string, changes: object = {}): Promise<User> {
  const id = await clerkIdFor(app, email)
  clerk.people.set(id, clerkPerson(id, { ...clerkAddresses([email]), ...changes }))
  await app.query(email, '{ me { id } }')
  return app.app.db.prisma.user.findUniqueOrThrow({ where: { clerkId: id } })
}

/** Sends an operation as somebody whose Clerk id is that, whatever their address. */
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

/** A recording that was sent and read: an upload, an idempotency key, an activity, its laps and its series. */
export async function recordedRun(app: TestApp, email: string, filename: string) {
  const { upload, activity } = await completed(app, email, undefined, {
    filename,
    idempotencyKey: `key of ${filename}`,
  })
  const activityId = rowId(activity?.id ?? '')
  await app.runJob('activities.read-file', { activityId })
  return { uploadId: rowId(upload.id), activityId }
}

/** An event of Clerk about somebody, worked on. */
export async function tellOf(
  app: TestApp,
  clerkId: string,
  changes: object = {},
  type = 'user.updated',
): Promise<void> {
  await sendClerkEvent(app, { type, data: clerkPerson(clerkId, { ...changes }) })
  await workOffEvents(app)
}

/** What requestDataExport answers. */
export async function askForExport(app: TestApp, email: string): Promise<DataExportCardFragment> {
  const { data, errors } = await app.run(email, RequestDataExportDocument)
  const result = data?.requestDataExport
  if (result?.__typename !== 'RequestDataExportPayload') throw new Error(JSON.stringify(errors ?? result))
  return result.export
}

/** A data export that was made. */
export async function madeExport(app: TestApp, email: string): Promise<DataExportCardFragment> {
  const { id } = await askForExport(app, email)
  const { userId } = await app.app.db.prisma.dataExport.findUniqueOrThrow({ where: { id: rowId(id) } })
  await app.runJob('privacy.export', { userId, exportId: rowId(id) })
  const made = (await exportsOf(app, email)).find((candidate) => candidate.id === id)
  if (!made) throw new Error('The data export is not in the list.')
  return made
}

/** The list of data exports. */
export async function exportsOf(app: TestApp, email: string): Promise<DataExportCardFragment[]> {
  const { data } = await app.run(email, DataExportsDocument, {})
  return data.me?.dataExports.edges.map(({ node }) => node) ?? []
}

/** The files of a data export that was made, by their paths. */
export async function filesOf(made: DataExportCardFragment): Promise<Map<string, string>> {
  const response = await fetch(made.download?.url ?? '')
  if (!response.ok) throw new Error(`The bucket answered ${response.status}.`)
  return unzip(new Uint8Array(await response.arrayBuffer()))
}

export function deleteAccount(app: TestApp, email: string, confirm = 'DELETE') {
  return app.run(email, DeleteAccountDocument, { confirm })
}

/** The account is deleted and the erasure has run, but for its later look. */
export async function erase(app: TestApp, email: string, { id: userId }: Pick<User, 'id'>): Promise<void> {
  const { data } = await deleteAccount(app, email)
  if (data.deleteAccount?.__typename !== 'DeleteAccountPayload') throw new Error(JSON.stringify(data))
  await app.runJob('privacy.erase-user', { userId })
}

/** A table's rows as text. */
export async function dump(app: TestApp, table: string): Promise<string[]> {
  const { rows } = await app.app.db.pool.query<{ row: string }>(`SELECT t::text AS row FROM "${table}" AS t ORDER BY 1`)
  return rows.map(({ row }) => row)
}
