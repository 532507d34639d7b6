import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { User } from '../../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { startAppWithClerk } from '../../../testing/app-with-clerk.ts'
import { type BucketProxy, startBucketProxy } from '../../../testing/bucket-proxy.ts'
import { clerkAddresses, clerkUser, type FakeClerk, startClerk } from '../../../testing/clerk.ts'
import { processPendingEvents, sendClerkEvent } from '../../../testing/clerk-events.ts'
import { createActivities, createUser } from '../../../testing/factories.ts'
import { waitingForLocks } from '../../../testing/locks.ts'
import {
  clerkIdFor,
  deleteAccount,
  dump,
  erase,
  madeExport,
  queryAs,
  recordedRun,
  requestExport,
  sendClerkUser,
  signUp,
} from '../../../testing/privacy-steps.ts'
import { send } from '../../../testing/send.ts'
import {
  cancel,
  complete,
  completed,
  jobsOf,
  request,
  requested,
  rowId,
  sent,
  smallFit,
} from '../../../testing/upload-steps.ts'
import { users } from '../../users/index.ts'

const job = 'privacy.erase-user'
const minute = 60_000

let clerk: FakeClerk
let bucketProxy: BucketProxy
let app: TestApp
beforeAll(async () => {
  clerk = await startClerk()
  bucketProxy = await startBucketProxy()
  app = await startAppWithClerk(clerk, { config: { bucket: bucketProxy.bucket } })
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await bucketProxy[Symbol.asyncDispose]()
  await clerk[Symbol.asyncDispose]()
})

let count = 0
let email: string
let user: User
beforeEach(async () => {
  email = `mina.kim${++count}@example.com`
  user = await signUp(app, clerk, email, { first_name: 'Mina', last_name: 'Kim' })
})

const prisma = () => app.app.db.prisma
const rowOf = ({ id }: Pick<User, 'id'>) => prisma().user.findUniqueOrThrow({ where: { id } })
const keyOf = (uploadId: string) => `uploads/${user.id}/${uploadId}`
const isThere = async (key: string) => (await app.app.adapters.bucket.head(key)) !== null
const eraseNow = () => app.runJob(job, { userId: user.id })

/** The number of rows of the user, by table. */
async function rowsLeft(): Promise<object> {
  const where = { userId: user.id }
  return {
    uploads: await prisma().upload.count({ where }),
    activities: await prisma().activity.count({ where }),
    exports: await prisma().dataExport.count({ where }),
    keys: await prisma().idempotencyKey.count({ where }),
    bodies: await prisma().inboxEvent.count({ where: { subject: user.clerkId, body: { not: null } } }),
  }
}
const nothing = { uploads: 0, activities: 0, exports: 0, keys: 0, bodies: 0 }

/** Creates uploads in every state, one of them in parts, activities in every state, an export and an event. */
async function createData(): Promise<string[]> {
  const run = await recordedRun(app, email, 'run.fit')
  const ready = await completed(app, email)
  const waiting = await sent(app, email)
  await cancel(app, email, (await requested(app, email)).upload.id)
  const input = { kind: 'AUDIO', contentType: 'audio/wav', byteSize: 64 * 1024 * 1024 + 4 } as const
  const { parts } = await requested(app, email, input)
  await send(parts![1]!.request, Buffer.from('1234'))
  await sendClerkUser(app, user.clerkId ?? '', { first_name: 'Mina' })
  const { id } = await madeExport(app, email)
  await prisma().dataExport.updateMany({ where: { userId: user.id }, data: { createdAt: new Date(0) } })
  await requestExport(app, email)
  const uploads = [run.uploadId, rowId(ready.upload.id), rowId(waiting.upload.id)]
  return [...uploads.map(keyOf), `exports/${user.id}/${rowId(id)}.zip`]
}

async function expectErased(keys: readonly string[]): Promise<void> {
  expect(await rowOf(user)).toMatchObject({
    standing: 'DELETED',
    firstName: null,
    emailIndex: null,
    emailEncrypted: null,
  })
  expect(await rowsLeft()).toEqual(nothing)
  expect((await Promise.all(keys.map(isThere))).filter(Boolean)).toEqual([])
  expect(clerk.users.has(user.clerkId ?? '')).toBe(false)
  expect(
    await prisma().erasedAddress.count({ where: { addressHash: app.app.services(users).emails.erasedHashOf(email) } }),
  ).toBe(1)
}

describe('an erasure', () => {
  test('deletes the user in Clerk, the files, and all rows but the tombstone', async () => {
    const keys = await createData()
    expect((await Promise.all(keys.map(isThere))).every(Boolean)).toBe(true)
    await deleteAccount(app, email)
    await eraseNow()
    await expectErased(keys)
    expect(clerk.requests).toContain(`DELETE /v1/users/${user.clerkId}`)
    expect(bucketProxy.requests.some((line) => line.startsWith('DELETE') && line.includes('uploadId='))).toBe(true)
  })

  test('is idempotent, also for three concurrent runs', async () => {
    const keys = await createData()
    await deleteAccount(app, email)
    await Promise.all([eraseNow(), eraseNow(), eraseNow()])
    const tombstone = await rowOf(user)
    await eraseNow()
    await expectErased(keys)
    expect(await rowOf(user)).toEqual(tombstone)
  })

  test('does nothing for a user who is not being deleted, and for an unknown user', async () => {
    const before = await rowOf(user)
    await eraseNow()
    await app.runJob('privacy.erase-stragglers', { userId: user.id })
    await app.runJob(job, { userId: uuidv7() })
    expect(await rowOf(user)).toEqual(before)
    expect(clerk.users.has(user.clerkId ?? '')).toBe(true)
  })

  test('succeeds if Clerk no longer has the user, and if the user was deleted there', async () => {
    clerk.users.delete(user.clerkId ?? '')
    await sendClerkEvent(app, { type: 'user.deleted', data: { object: 'user', deleted: true, id: user.clerkId } })
    await processPendingEvents(app)
    expect(await rowOf(user)).toMatchObject({ standing: 'DELETING' })
    await app.runDueJobs()
    await expectErased([])
  })

  test('succeeds without a secret key, without an email address, and without a Clerk id', async () => {
    await using plain = await startTestApp({ databaseUrl: app.databaseUrl })
    const accounts = [
      await createUser(plain, 'plain@example.com'),
      await prisma().user.create({ data: { clerkId: 'user_bare', createdAt: app.now } }),
      await prisma().user.create({ data: { legacyId: 'old-1', legacyCredits: 5, createdAt: app.now } }),
    ]
    for (const { id } of accounts) {
      await prisma().user.update({ where: { id }, data: { standing: 'DELETING' } })
      await plain.runJob(job, { userId: id })
      expect(await rowOf({ id })).toMatchObject({ standing: 'DELETED', legacyId: null, legacyCredits: 0 })
    }
  })

  test('succeeds if the encryption key of the address is lost', async () => {
    const emailEncrypted = new Uint8Array(64).fill(7)
    await prisma().user.update({ where: { id: user.id }, data: { emailEncrypted } })
    await deleteAccount(app, email)
    await eraseNow()
    expect(await rowOf(user)).toMatchObject({ standing: 'DELETED', emailEncrypted: null })
  })

  test('of 450 files and activities works in batches', async () => {
    await createActivities(
      app,
      user,
      Array.from({ length: 450 }, () => ({ hasUpload: true })),
    )
    await createActivities(app, user, [{ status: 'AWAITING_FILE' }, { status: 'PROCESSING' }, { status: 'FAILED' }])
    await deleteAccount(app, email)
    await eraseNow()
    await expectErased([])
  })
})

describe('after a failure, another attempt succeeds', () => {
  /** Fails a statement of the last transaction. */
  const failStatement = (what: string) => async () => {
    await app.owner.query(
      `CREATE OR REPLACE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken on purpose'; END $$`,
    )
    await app.owner.query(`CREATE TRIGGER breaking BEFORE ${what} FOR EACH ROW EXECUTE FUNCTION break()`)
    return async () => {
      await app.owner.query(`DROP TRIGGER breaking ON ${what.split(' ').at(-1)}`)
    }
  }
  const failClerk = (status: number) => async () => {
    clerk.fault = { status }
    return async () => {
      clerk.fault = null
    }
  }
  const failBucket = (isFailing: (line: string, deletions: number) => boolean) => async () => {
    let deletions = 0
    bucketProxy.failsFor = (line) => isFailing(line, line.startsWith('DELETE') ? ++deletions : 0)
    return async () => {
      bucketProxy.failsFor = null
    }
  }

  test.each<[string, () => Promise<() => Promise<void>>]>([
    ['Clerk returns HTTP 500', failClerk(500)],
    ['Clerk rejects the deletion', failClerk(422)],
    ['the bucket is unavailable', failBucket(() => true)],
    ['the bucket is unavailable after three objects', failBucket((_, deletions) => deletions > 3)],
    ['the bucket does not abort an upload in parts', failBucket((line) => line.includes('uploadId='))],
    ['the bucket does not delete the data export', failBucket((line) => line.includes('/exports/'))],
    ['activities cannot be deleted', failStatement('DELETE ON activities')],
    ['uploads cannot be deleted', failStatement('DELETE ON uploads')],
    ['idempotency keys cannot be deleted', failStatement('DELETE ON idempotency_keys')],
    ['events cannot be erased', failStatement('UPDATE ON inbox_events')],
    ['the hash of the address cannot be written', failStatement('INSERT ON erased_addresses')],
    ['the tombstone cannot be written', failStatement('UPDATE ON users')],
    ['the job for late rows cannot be enqueued', failStatement('INSERT ON graphile_worker._private_jobs')],
  ])('%s', async (_, injectFault) => {
    const keys = await createData()
    await deleteAccount(app, email)
    const restore = await injectFault()
    await expect(eraseNow()).rejects.toThrow()
    await expect(eraseNow()).rejects.toThrow()
    await restore()

    expect(await rowOf(user)).toMatchObject({ standing: 'DELETING', firstName: 'Mina' })
    expect((await app.query(email, '{ me { id } }')).status).toBe(401)
    expect(
      await prisma().erasedAddress.count({
        where: { addressHash: app.app.services(users).emails.erasedHashOf(email) },
      }),
    ).toBe(0)
    // Every object that is still in the bucket still has its row, so the next attempt finds it.
    const uploads = await prisma().upload.findMany({ where: { userId: user.id } })
    const known = uploads.map(({ id }) => keyOf(id))
    for (const key of keys.filter((key) => key.startsWith('uploads/'))) {
      if (await isThere(key)) expect(known).toContain(key)
    }

    await eraseNow()
    await expectErased(keys)
  })
})

describe('late data', () => {
  test('in the bucket is removed once the signed URL has expired', async () => {
    const upload = await requested(app, email)
    await erase(app, email, user)
    expect((await send(upload.request!, smallFit)).status).toBe(200)
    const id = upload.upload.id
    expect(await isThere(keyOf(rowId(id)))).toBe(true)
    const [removal] = (await jobsOf(app, id)).filter(({ name }) => name === 'uploads.remove-object')
    expect(removal?.runAt.getTime()).toBeGreaterThan(app.now.getTime() + 10 * minute)
    await app.runJob('uploads.remove-object', removal?.payload)
    expect(await isThere(keyOf(rowId(id)))).toBe(false)
  })

  test('of requests in progress is erased 15 minutes later, and the tombstone is kept', async () => {
    await erase(app, email, user)
    const tombstone = await rowOf(user)
    const [later] = await prisma().$queryRaw<{ runAt: Date }[]>`
      SELECT run_at AS "runAt" FROM graphile_worker.jobs WHERE key = ${`privacy.erase-stragglers:${user.id}`}`
    expect(later?.runAt.getTime()).toBe(app.now.getTime() + 15 * minute)

    const [activity] = await createActivities(app, user, [{ status: 'AWAITING_FILE' }, { hasUpload: true }])
    const key = keyOf(activity?.uploadId ?? '')
    await app.app.adapters.bucket.write({ key, contentType: 'a/b', contentDisposition: 'inline', body: smallFit })
    await prisma().idempotencyKey.create({
      data: { userId: user.id, mutation: 'm', key: 'k', inputHash: 'h', result: {}, createdAt: app.now },
    })
    await prisma().dataExport.create({ data: { id: uuidv7(), userId: user.id, createdAt: app.now } })
    const event = { id: uuidv7(), source: 'clerk', eventId: uuidv7(), type: 'session.created', subject: user.clerkId }
    const [sentAt, receivedAt, processedAt] = [app.now, app.now, app.now]
    const body = app.app.encryptor.encrypt('{}', 'inbox_events.body')
    await prisma().inboxEvent.create({ data: { ...event, body, sentAt, receivedAt, processedAt, state: 'PROCESSED' } })

    const look = () => app.runJob('privacy.erase-stragglers', { userId: user.id })
    await Promise.all([look(), look()])
    await look()
    expect(await rowsLeft()).toEqual(nothing)
    expect(await isThere(key)).toBe(false)
    expect(await rowOf(user)).toEqual(tombstone)
  })

  test('from Clerk does not restore the user, and is erased', async () => {
    await erase(app, email, user)
    const tombstone = await rowOf(user)
    const id = user.clerkId ?? ''
    clerk.users.set(id, clerkUser(id, { ...clerkAddresses([email]), first_name: 'Mina' }))
    await sendClerkUser(app, id, { first_name: 'Mina', updated_at: 2_000_000_000_000 })
    await sendClerkUser(app, id, { first_name: 'Mina', updated_at: 2_000_000_000_000 }, 'user.created')
    await sendClerkUser(app, id, { object: 'user', deleted: true }, 'user.deleted')
    expect((await app.query(email, '{ me { id } }')).status).toBe(401)
    expect(await rowOf(user)).toEqual(tombstone)
    expect(await rowsLeft()).toEqual(nothing)
    expect((await dump(app, 'users')).filter((row) => row.includes('Mina') && row.includes(user.id))).toEqual([])
  })

  test('from Clerk, received before the erasure and not processed yet, is erased', async () => {
    const data = clerkUser(user.clerkId ?? '', { first_name: 'Mina', updated_at: 2_000_000_000_000 })
    await sendClerkEvent(app, { type: 'user.updated', data })
    await erase(app, email, user)
    expect(await rowsLeft()).toEqual(nothing)
    await processPendingEvents(app)
    expect(await rowOf(user)).toMatchObject({ standing: 'DELETED', firstName: null })
  })
})

test('a later sign-up with the same address creates a new user', async () => {
  await recordedRun(app, email, 'run.fit')
  await erase(app, email, user)
  const second = `user_again${count}`
  clerk.users.set(second, clerkUser(second, { ...clerkAddresses([email]), first_name: 'Mina' }))
  const query = '{ me { email name activities { totalCount } uploads { totalCount } dataExports { totalCount } } }'
  const none = { totalCount: 0 }
  expect((await queryAs(app, second, query)).data).toEqual({
    me: { email, name: 'Mina', activities: none, uploads: none, dataExports: none },
  })
  const row = await prisma().user.findUniqueOrThrow({ where: { clerkId: second } })
  expect(row.id).not.toBe(user.id)
  expect(await rowOf(user)).toMatchObject({ standing: 'DELETED', clerkId: await clerkIdFor(app, email) })

  await prisma().user.update({ where: { id: row.id }, data: { standing: 'DELETING' } })
  await app.runJob(job, { userId: row.id })
  expect(
    await prisma().erasedAddress.count({ where: { addressHash: app.app.services(users).emails.erasedHashOf(email) } }),
  ).toBe(1)
})

test('an erasure concurrent with requests leaves no data after the job for late rows', async () => {
  const waiting = await Promise.all(Array.from({ length: 6 }, () => sent(app, email)))
  const reading = await Promise.all(Array.from({ length: 4 }, () => completed(app, email)))
  const work = [
    ...waiting.map(({ upload }) => complete(app, email, upload.id)),
    ...reading.map(({ activity }) => app.runJob('activities.read-file', { activityId: rowId(activity?.id ?? '') })),
    ...Array.from({ length: 6 }, () => request(app, email)),
    deleteAccount(app, email).then(eraseNow),
  ]
  const settled = await Promise.allSettled(work)
  expect(settled.at(-1)).toMatchObject({ status: 'fulfilled' })
  for (const result of settled) {
    if (result.status === 'rejected') expect(String(result.reason)).toMatch(/UNAUTHENTICATED|NOT_FOUND/)
  }
  await app.runJob('privacy.erase-stragglers', { userId: user.id })
  await expectErased([...waiting, ...reading].map(({ upload }) => keyOf(rowId(upload.id))))
})

test('an erasure waits for a change that has locked the user, and erases its rows', async () => {
  await deleteAccount(app, email)
  const other = await app.app.db.pool.connect()
  let erasure: Promise<void>
  try {
    await other.query('BEGIN')
    await other.query('SELECT 1 FROM users WHERE id = $1 FOR NO KEY UPDATE', [user.id])
    await other.query(
      `INSERT INTO idempotency_keys (user_id, mutation, key, input_hash, result, created_at)
       VALUES ($1, 'm', 'k', 'h', '{}', now())`,
      [user.id],
    )
    erasure = eraseNow()
    await vi.waitFor(async () => expect(await waitingForLocks(app)).toBe(1), { timeout: 5_000 })
    await other.query('COMMIT')
  } finally {
    other.release()
  }
  await erasure
  await expectErased([])
})

describe('an erasure without a job', () => {
  const jobs = (name: string) =>
    prisma().$queryRaw<{ attempts: number }[]>`
      SELECT attempts FROM graphile_worker.jobs WHERE key = ${`${name}:${user.id}`}`
  const failPermanently = (name: string) => prisma().$executeRaw`
    UPDATE graphile_worker._private_jobs SET attempts = max_attempts WHERE key = ${`${name}:${user.id}`}`
  const resume = () => app.runJob('privacy.resume-erasures')

  test.each(['is missing', 'has failed its last attempt'])('which %s gets one new job', async (how) => {
    await deleteAccount(app, email)
    await resume()
    expect(await jobs(job)).toEqual([{ attempts: 0 }])
    if (how === 'is missing') {
      await prisma().$executeRaw`DELETE FROM graphile_worker._private_jobs WHERE key = ${`${job}:${user.id}`}`
    } else await failPermanently(job)
    await Promise.all([resume(), resume(), resume()])
    expect(await jobs(job)).toEqual([{ attempts: 0 }])
    await app.runDueJobs()
    await expectErased([])
    await resume()
    expect(await jobs(job)).toEqual([])
  })

  test('gets no new job while a worker runs the job or will retry it', async () => {
    await deleteAccount(app, email)
    await prisma().$executeRaw`
      UPDATE graphile_worker._private_jobs SET attempts = max_attempts, locked_at = now(), locked_by = 'somebody'
      WHERE key = ${`${job}:${user.id}`}`
    await resume()
    expect(await jobs(job)).toEqual([{ attempts: 12 }])
    await prisma().$executeRaw`
      UPDATE graphile_worker._private_jobs SET attempts = 5, locked_at = NULL, locked_by = NULL
      WHERE key = ${`${job}:${user.id}`}`
    await resume()
    expect(await jobs(job)).toEqual([{ attempts: 5 }])
    await app.runDueJobs()
  })

  test('gets a new job for late rows too', async () => {
    await erase(app, email, user)
    await resume()
    await failPermanently('privacy.erase-stragglers')
    await resume()
    expect(await jobs('privacy.erase-stragglers')).toEqual([{ attempts: 0 }])
  })
})
