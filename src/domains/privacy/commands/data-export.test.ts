import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { User } from '../../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { type BucketProxy, startBucketProxy } from '../../../testing/bucket-proxy.ts'
import { createActivity, createUser } from '../../../testing/factories.ts'
import { testRun } from '../../../testing/job-run.ts'
import {
  deleteAccount,
  exportsOf,
  filesOf,
  madeExport,
  recordedRun,
  requestExport,
} from '../../../testing/privacy-steps.ts'
import { jobsOf, rowId } from '../../../testing/upload-steps.ts'

const hour = 3_600_000
const day = 24 * hour
const job = 'privacy.export'

let bucketProxy: BucketProxy
let app: TestApp
let present: Date
beforeAll(async () => {
  bucketProxy = await startBucketProxy()
  app = await startTestApp({ config: { bucket: bucketProxy.bucket } })
  present = app.now
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await bucketProxy[Symbol.asyncDispose]()
})

let count = 0
let email: string
let user: User
beforeEach(async () => {
  email = `person${++count}@example.com`
  user = await createUser(app, email)
})

/** Runs `work` with the clock set back. */
async function ago<Result>(ms: number, work: () => Promise<Result>): Promise<Result> {
  app.now = new Date(present.getTime() - ms)
  return work().finally(() => {
    app.now = present
  })
}

const refOf = ({ id }: { id: string }) => ({ userId: user.id, exportId: rowId(id) })
const rowOf = ({ id }: { id: string }) => app.app.db.prisma.dataExport.findUnique({ where: { id: rowId(id) } })
const objectOf = ({ id }: { id: string }) => app.app.adapters.bucket.head(`exports/${user.id}/${rowId(id)}.zip`)

/** Runs the job as its last attempt. */
const runLast = (payload: object) =>
  app.app
    .jobs()
    .find(({ name }) => name === job)!
    .run(payload, testRun({ isLastAttempt: true }))

describe('requestDataExport', () => {
  test('starts an export, and returns it again while it is PENDING, also to concurrent requests', async () => {
    const asked = await Promise.all(Array.from({ length: 5 }, () => requestExport(app, email)))
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1)
    expect(asked[0]).toMatchObject({ status: 'PENDING', download: null, createdAt: present.toISOString() })
    expect(await requestExport(app, email)).toEqual(asked[0])
    expect(await jobsOf(app, asked[0]!.id)).toMatchObject([{ name: job, payload: refOf(asked[0]!) }])
  })

  test('returns an export that is less than an hour old again, and then starts another', async () => {
    const made = await ago(hour - 1, () => madeExport(app, email))
    expect(await requestExport(app, email)).toMatchObject({ id: made.id, status: 'READY' })
    await app.app.db.prisma.dataExport.update({
      where: { id: rowId(made.id) },
      data: { createdAt: new Date(present.getTime() - hour) },
    })
    expect(await requestExport(app, email)).toMatchObject({ status: 'PENDING' })
    expect((await exportsOf(app, email)).map(({ status }) => status)).toEqual(['PENDING', 'READY'])
  })

  test('the same idempotency key returns the same export, also when it is older than an hour', async () => {
    const [made] = await Promise.all([1, 2, 3].map(() => requestExport(app, email, 'one request')))
    await app.app.db.prisma.dataExport.update({
      where: { id: rowId(made!.id) },
      data: { status: 'FAILED', createdAt: new Date(present.getTime() - 2 * hour) },
    })
    expect(await requestExport(app, email, 'one request')).toMatchObject({ id: made!.id, status: 'FAILED' })
    expect((await requestExport(app, email, 'another request')).id).not.toBe(made!.id)
    const empty = '{ __typename ... on InvalidInputError { issues { path } } }'
    const { data } = await app.query(email, `mutation { requestDataExport(input: { idempotencyKey: "" }) ${empty} }`)
    expect(data).toEqual({
      requestDataExport: { __typename: 'InvalidInputError', issues: [{ path: ['input', 'idempotencyKey'] }] },
    })
  })

  test('requires authentication', async () => {
    const answer = await app.query(
      null,
      'mutation { requestDataExport(input: { idempotencyKey: "k" }) { __typename } }',
    )
    expect(answer.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  })

  test('is refused after deleteAccount in the same request', async () => {
    const both = `mutation {
      deleteAccount(input: { confirm: "DELETE" }) { __typename }
      requestDataExport(input: { idempotencyKey: "k" }) { __typename }
    }`
    const answer = await app.query(email, both)
    expect(answer.data).toEqual({ deleteAccount: { __typename: 'DeleteAccountPayload' }, requestDataExport: null })
    expect(answer.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
    expect(await app.app.db.prisma.dataExport.count({ where: { userId: user.id } })).toBe(0)
  })
})

describe('the file', () => {
  test('is a ZIP whose file name has its date', async () => {
    const { activityId } = await recordedRun(app, email, '한강 아침.fit')
    const made = await madeExport(app, email)
    const response = await fetch(made.download!.url)
    expect(response.headers.get('content-type')).toBe('application/zip')
    const name = `data-export-${present.toISOString().slice(0, 10)}.zip`
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${name}"`)
    const files = await filesOf(made)
    expect(files.get('README.txt')).toContain('everything that we hold about you')
    expect(JSON.parse(files.get('profile.json')!)).toMatchObject({ id: user.id, email, standing: 'ACTIVE' })
    expect(JSON.parse(files.get('files.json')!)).toMatchObject([
      { filename: '한강 아침.fit', byteSize: expect.any(Number) },
    ])
    const activity = JSON.parse(files.get(`activities/${activityId}.json`)!)
    expect(activity).toMatchObject({ startedAt: '2026-11-14T06:30:00.000Z', sport: 'RUNNING', laps: [{ position: 0 }] })
    expect(activity.track).toHaveLength(7)
    expect(activity.track[0]).toMatchObject({ elapsedSeconds: 0, latitude: expect.any(Number) })
  })

  test('is kept for seven days, in which it has a download URL', async () => {
    const made = await ago(7 * day - 60_000, () => madeExport(app, email))
    const [listed] = await exportsOf(app, email)
    expect(listed).toMatchObject({ id: made.id, status: 'READY' })
    expect((await filesOf(listed!)).size).toBeGreaterThan(1)
    await app.runJob('privacy.expire-exports')
    expect(await objectOf(made)).not.toBeNull()

    await app.app.db.prisma.dataExport.update({ where: { id: rowId(made.id) }, data: { expiresAt: present } })
    expect(await exportsOf(app, email)).toMatchObject([{ status: 'READY', download: null }])
    await Promise.all([app.runJob('privacy.expire-exports'), app.runJob('privacy.expire-exports')])
    expect(await exportsOf(app, email)).toMatchObject([{ status: 'EXPIRED', download: null }])
    expect(await jobsOf(app, made.id)).toMatchObject([{ name: job }, { name: 'privacy.remove-export' }])
    await app.runJob('privacy.remove-export', refOf(made))
    await app.runJob('privacy.remove-export', refOf(made))
    expect(await objectOf(made)).toBeNull()
  })

  test.each([
    ['', 300],
    ['(expiresInSeconds: 1)', 60],
    ['(expiresInSeconds: 9999)', 3_600],
  ])('has a URL that with "%s" is valid for %d seconds', async (life, seconds) => {
    const { id } = await madeExport(app, email)
    const answer = await app.query(
      email,
      `{ node(id: "${id}") { ... on DataExport { download${life} { url expiresAt } } } }`,
    )
    const { node } = answer.data as { node: { download: { url: string; expiresAt: string } } }
    expect(Date.parse(node.download.expiresAt)).toBe((Math.floor(present.getTime() / 1_000) + seconds) * 1_000)
  })

  test('of another user is not found', async () => {
    const { id } = await madeExport(app, email)
    const other = `other.${email}`
    const query = `{ node(id: "${id}") { id } me { dataExports { totalCount edges { node { id } } } } }`
    expect((await app.query(other, query)).data).toEqual({
      node: null,
      me: { dataExports: { totalCount: 0, edges: [] } },
    })
    expect((await app.query(email, query)).data).toMatchObject({ node: { id }, me: { dataExports: { totalCount: 1 } } })
  })
})

test('the list is sorted newest first, page by page', async () => {
  const made = [3, 2, 1].map((days) => ({
    userId: user.id,
    status: 'EXPIRED' as const,
    createdAt: new Date(present.getTime() - days * day),
  }))
  const ids = [1, 2, 3].map((at) => `0190000${count % 10}-0000-7000-8000-00000000000${at}`)
  await app.app.db.prisma.dataExport.createMany({ data: made.map((row, at) => ({ ...row, id: ids[at]! })) })
  const page = async (args: string) => {
    const answer = await app.query(
      email,
      `{ me { dataExports(${args}) { edges { node { id } } pageInfo { endCursor } } } }`,
    )
    return (
      answer.data as { me: { dataExports: { edges: { node: { id: string } }[]; pageInfo: { endCursor: string } } } }
    ).me.dataExports
  }
  const first = await page('first: 2')
  const rest = await page(`after: "${first.pageInfo.endCursor}"`)
  expect([...first.edges, ...rest.edges].map(({ node }) => rowId(node.id))).toEqual(ids.toReversed())
})

describe('the job', () => {
  test('that runs again, or several times at once, writes one file', async () => {
    const ref = refOf(await requestExport(app, email))
    await Promise.all([app.runJob(job, ref), app.runJob(job, ref), app.runJob(job, ref)])
    const [listed] = await exportsOf(app, email)
    expect(listed).toMatchObject({ status: 'READY' })
    const row = await rowOf(listed!)
    await app.runJob(job, ref)
    expect(await rowOf(listed!)).toEqual(row)
    expect((await filesOf(listed!)).get('profile.json')).toContain(email)
  })

  test('is retried while the bucket is unavailable; after the last attempt the export is FAILED and can be requested again', async () => {
    const asked = await requestExport(app, email)
    bucketProxy.failsFor = (line) => line.startsWith('PUT')
    await expect(app.runJob(job, refOf(asked))).rejects.toThrow('The file store')
    expect(await rowOf(asked)).toMatchObject({ status: 'PENDING' })
    await expect(runLast(refOf(asked))).rejects.toThrow('The file store')
    bucketProxy.failsFor = null
    expect(await exportsOf(app, email)).toMatchObject([{ status: 'FAILED', download: null }])
    expect((await requestExport(app, email)).id).not.toBe(asked.id)
    await app.runJob(job, refOf(asked))
    expect(await rowOf(asked)).toMatchObject({ status: 'FAILED' })
    expect(await objectOf(asked)).toBeNull()
  })

  test('leaves no partial file when a row cannot be read', async () => {
    const { id } = await createActivity(app, user)
    await app.app.db.prisma.activityTrack.create({ data: { activityId: id, data: new Uint8Array([99]) } })
    const asked = await requestExport(app, email)
    await expect(app.runJob(job, refOf(asked))).rejects.toThrow('Track data of version 99')
    expect(await objectOf(asked)).toBeNull()
    await app.app.db.prisma.activityTrack.delete({ where: { activityId: id } })
    await app.runJob(job, refOf(asked))
    expect(await exportsOf(app, email)).toMatchObject([{ status: 'READY' }])
  })

  test('that was killed in its last attempt is failed by the sweep; a waiting job is not', async () => {
    const killed = await requestExport(app, email)
    const { prisma } = app.app.db
    await app.runJob('privacy.expire-exports')
    expect(await rowOf(killed)).toMatchObject({ status: 'PENDING' })
    await prisma.$executeRaw`
      UPDATE graphile_worker._private_jobs SET attempts = max_attempts WHERE payload ->> 'exportId' = ${rowId(killed.id)}`
    await app.runJob('privacy.expire-exports')
    expect(await rowOf(killed)).toMatchObject({ status: 'FAILED' })
    expect(await jobsOf(app, killed.id)).toMatchObject([{ name: job }, { name: 'privacy.remove-export' }])
  })

  test('removes its file if the deletion of the user started in between', async () => {
    const asked = await requestExport(app, email)
    const path = `/exports/${user.id}/`
    bucketProxy.onRequest = async (line) => {
      if (!line.startsWith('PUT') || !line.includes(path)) return
      bucketProxy.onRequest = null
      await deleteAccount(app, email)
    }
    await app.runJob(job, refOf(asked))
    expect(bucketProxy.requests.filter((line) => line.startsWith('PUT') && line.includes(path))).toHaveLength(1)
    expect(await rowOf(asked)).toMatchObject({ status: 'PENDING' })
    expect(await objectOf(asked)).toBeNull()
  })

  test('removes its file if the user was erased in between', async () => {
    const asked = await requestExport(app, email)
    const path = `/exports/${user.id}/`
    bucketProxy.onRequest = async (line) => {
      if (!line.startsWith('PUT') || !line.includes(path)) return
      bucketProxy.onRequest = null
      await deleteAccount(app, email)
      await app.runJob('privacy.erase-user', { userId: user.id })
    }
    await app.runJob(job, refOf(asked))
    expect(await rowOf(asked)).toBeNull()
    expect(await objectOf(asked)).toBeNull()
    // If this job is killed before it removes the file, a job of the erasure removes it.
    const left = (await jobsOf(app, asked.id)).filter(({ name }) => name === 'privacy.remove-export')
    expect(left.at(-1)?.runAt.getTime()).toBe(present.getTime() + day)
  })
})
