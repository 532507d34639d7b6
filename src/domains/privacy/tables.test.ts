import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { User } from '../../generated/prisma/client.ts'
import type { TestApp } from '../../testing/app.ts'
import { startAppWithClerk } from '../../testing/app-with-clerk.ts'
import { type FakeClerk, startClerk } from '../../testing/clerk.ts'
import { createVideo } from '../../testing/factories.ts'
import {
  dump,
  erase,
  filesOf,
  madeExport,
  recordedRun,
  requestExport,
  sendClerkUser,
  signUp,
} from '../../testing/privacy-steps.ts'
import { deliverAndProcess, eventNow } from '../../testing/purchase-steps.ts'
import { rowId } from '../../testing/upload-steps.ts'
import { billing } from '../billing/index.ts'
import { grant, hold, revoke, spend } from '../credits/index.ts'
import { notifications } from '../notifications/index.ts'
import { videoFinished, videoFinishedMessages } from '../videos/video-notifications.ts'

/** Tables that are neither exported nor erased, each with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  _prisma_migrations: 'which migrations were applied',
  worker_heartbeats: 'which worker processes are running',
  job_turns: 'whose jobs are waiting: by the userId of their payloads, removed within a minute after the last job',
  job_progress: 'how far jobs have come: by the ids of jobs, and keys of what their steps made',
  rate_limits: 'the number of requests in the last minutes, by hashes of the clients',
  bookmarks: 'the position of an operator command: an instant or the id of a row',
  audit_log: 'what admins did and for which user: must be kept, and names users and reasons only by their ids',
  gifted_addresses: 'hashes without a reference to a row: addresses that had the sign-up gift, deleted after 12 months',
  picture_searches: 'which pictures searches by keywords found, of no user, deleted after 30 days',
  picture_quotas: 'how many searches were sent to a source of pictures',
  erased_addresses: 'written by the erasure: hashes without a reference to a row, deleted after 12 months',
}

/** Tables whose rows are kept when the user is erased: records of money, and the tombstone. */
const kept = [
  'users',
  // Until the last job of the user has ended: the id in the payloads of jobs.
  'job_turns',
  'inbox_events',
  'ledger_accounts',
  'credit_transactions',
  'ledger_entries',
  'credit_lots',
  'credit_lot_movements',
  'credit_holds',
  'credit_debts',
  'admin_grant_keys',
  'billing_events',
  // The names are erased; the hashes stay, so that purchases are not assigned to another user.
  'billing_names',
  'plan_subscriptions',
  'billing_grants',
]

let clerk: FakeClerk
let app: TestApp
beforeAll(async () => {
  clerk = await startClerk()
  app = await startAppWithClerk(clerk)
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await clerk[Symbol.asyncDispose]()
})

const declaredTables = () => app.app.declarations.personalData().flatMap(({ tables }) => tables)

const namesOf = async (sql: string) => (await app.app.db.pool.query<{ name: string }>(sql)).rows.map(({ name }) => name)

const allTables = () =>
  namesOf(`
  SELECT relname AS name FROM pg_class
  WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY 1`)

/** Tables that reference users by foreign keys, directly or through other tables, and tables with a user_id. */
const tablesOfUsers = () =>
  namesOf(`
  WITH RECURSIVE reaching AS (
    SELECT 'public.users'::regclass::oid AS id
    UNION
    SELECT conrelid FROM pg_constraint JOIN reaching ON confrelid = reaching.id WHERE contype = 'f'
  )
  SELECT relname AS name FROM pg_class WHERE oid IN (SELECT id FROM reaching)
  UNION
  SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
  WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND attname = 'user_id' AND NOT attisdropped
  ORDER BY 1`)

/** Writes rows to every table of the ledger: a gift, a hold, and a purchase that is revoked after it was spent. */
async function moveCredits(userId: string): Promise<void> {
  const now = new Date()
  await app.app.db.transaction(async (tx) => {
    const bought = { userId, amount: 2, source: 'PURCHASES', key: 'bought', description: 'Two credits', now } as const
    await grant(tx, bought)
    await spend(tx, { userId, amount: 102, key: 'spent', description: 'Spent, with the sign-up gift', now })
    await revoke(tx, { userId, grantKey: 'bought', description: 'Taken back', now })
    await grant(tx, { userId, amount: 7, source: 'GIFTS', key: 'gift', description: 'A gift to look at', now })
    const reference = 'video:held-of-the-person'
    await tx.awaitedGift.create({ data: { userId, createdAt: now } })
    await tx.adminGrantKey.create({ data: { userId, actorId: randomUUID(), keyHash: 'hash', createdAt: now } })
    const personalText = 'For Quillon, with thanks'
    await hold(tx, { userId, amount: 3, reference, description: 'A video', personalText, deadline: now, now })
  })
}

/** A text that is being written for the person, and one that has ended. */
async function writeStreams(userId: string, ids: readonly [open: string, ended: string]): Promise<void> {
  const { db, streams } = app.app
  const now = new Date()
  for (const id of ids) {
    await db.transaction((tx) => streams.create(tx, { userId, id, kind: 'test.answer', now }))
    const { attempt, sequence: after } = await db.transaction((tx) => streams.begin(tx, { userId, id }, { now }))
    const chunk = { attempt, after, text: 'Quillon ran along the Quill' }
    await db.transaction((tx) => streams.append(tx, { userId, id }, chunk))
  }
  const [, id] = ids
  await db.transaction((tx) => streams.end(tx, { userId, id }, { outcome: 'COMPLETED', now }))
}

/** Writes rows to every table of notifications. */
async function notifyUser(userId: string): Promise<void> {
  const { db, services, encryptor } = app.app
  const { readyTitle, readyBody } = videoFinishedMessages
  const item = { type: videoFinished, title: readyTitle(), body: readyBody({ title: 'Quillon' }), dedupeKey: 'seen' }
  const now = new Date()
  const [created] = await db.transaction((tx) => services(notifications).notifyUsers(tx, [{ userId, ...item }], now))
  const key = { userId, notificationId: created?.id ?? '', channel: 'PUSH' as const }
  await db.prisma.notificationDelivery.create({ data: { ...key, status: 'SENT', sentAt: now } })
  const attempt = { target: 'quill-phone', number: 1, id: randomUUID(), lease: randomUUID(), startedAt: now }
  await db.prisma.notificationAttempt.create({ data: { ...key, ...attempt } })
  await db.prisma.notificationPreference.create({ data: { userId, quietFrom: 60, quietTo: 420 } })
  const address = encryptor.encrypt('{"token":"quill-token"}', 'push_devices.address')
  const times = { createdAt: now, registeredAt: now }
  await db.prisma.pushDevice.create({
    data: { id: randomUUID(), userId, service: 'FCM', address, addressHash: 'quill-hash', label: 'Quill', ...times },
  })
}

/** Writes rows to every table of billing. The subscription does not renew: otherwise only the App Store could cancel it. */
async function buyPlus({ id: userId, clerkId }: User): Promise<void> {
  const names = { app_user_id: userId, aliases: [clerkId, '$RCAnonymousID:5f1c'] }
  await deliverAndProcess(app, eventNow(app, 'INITIAL_PURCHASE', names))
  await deliverAndProcess(app, eventNow(app, 'CANCELLATION', names))
  const { prisma } = app.app.db
  await prisma.billingCustomer.create({ data: { userId, managementUrl: 'https://x.test/quill-manages' } })
  const times = { createdAt: app.now, expiresAt: new Date(app.now.getTime() + 1_000) }
  await prisma.checkout.create({ data: { id: userId, userId, productKey: 'plus-monthly', status: 'READY', ...times } })
}

describe('every table', () => {
  test('is declared by one domain, or is an exception with a reason', async () => {
    const tables = [...declaredTables(), ...Object.keys(exceptions)]
    expect(tables.toSorted()).toEqual(await allTables())
  })

  test('that references users is no exception', async () => {
    const leading = await tablesOfUsers()
    expect(leading).toEqual(expect.arrayContaining(['users', 'uploads', 'activity_laps', 'idempotency_keys']))
    expect(leading.filter((name) => !declaredTables().includes(name))).toEqual([])
  })
})

describe('the data of a user who has rows in every table', () => {
  const email = 'quillon.vantage@example.com'
  const other = 'bob.bystander@example.com'
  const names = {
    first_name: 'Quillon',
    last_name: 'Vantage',
    username: 'quillvan',
    image_url: 'https://x.test/qv.png',
  }
  let user: User
  let run: { uploadId: string; activityId: string }
  let files: Map<string, string>
  let exportIds: string[]
  const streamIds = [randomUUID(), randomUUID()] as const

  beforeAll(async () => {
    user = await signUp(app, clerk, email, names)
    await sendClerkUser(app, user.clerkId ?? '', {
      ...names,
      email_addresses: [{ id: 'idn_0', email_address: email, verification: { status: 'verified' } }],
    })
    run = await recordedRun(app, email, 'quill-morning.fit')
    const { prisma } = app.app.db
    await prisma.activity.update({ where: { id: run.activityId }, data: { title: 'Along the Quill' } })
    await prisma.user.update({ where: { id: user.id }, data: { legacyId: 'old-quill-7', legacyCredits: 3 } })
    await moveCredits(user.id)
    await buyPlus(user)
    await writeStreams(user.id, streamIds)
    await notifyUser(user.id)
    await createVideo(app, user, { id: streamIds[0], title: 'Quillon talks' })
    await prisma.eventStream.create({ data: { userId: user.id, id: streamIds[0], isAdmin: false, expiresAt: app.now } })
    const bob = await signUp(app, clerk, other, { first_name: 'Bystander' })
    await sendClerkUser(app, bob.clerkId ?? '', { first_name: 'Bystander' })
    await recordedRun(app, other, 'bystander.fit')
    await madeExport(app, other)
    const made = await madeExport(app, email)
    files = await filesOf(made)
    await prisma.dataExport.updateMany({ where: { userId: user.id }, data: { createdAt: new Date(0) } })
    const pending = await requestExport(app, email)
    exportIds = [made, pending].map(({ id }) => rowId(id))
  })

  /** For each table a file of the ZIP, and the user's data in it. */
  const proofs = (): Record<string, readonly [path: string, ...content: string[]]> => ({
    personal_texts: ['texts.json', 'For Quillon, with thanks'],
    users: ['profile.json', email, 'Quillon', 'Vantage', 'quillvan', 'old-quill-7', user.clerkId ?? '?'],
    uploads: ['files.json', 'quill-morning.fit', run.uploadId],
    activities: [`activities/${run.activityId}.json`, 'Along the Quill', '"RUNNING"'],
    activity_laps: [`activities/${run.activityId}.json`, '"laps": [\n    {'],
    activity_tracks: [`activities/${run.activityId}.json`, '"track": [\n    {', '"latitude": 5'],
    idempotency_keys: ['requests.json', 'key of quill-morning.fit', run.uploadId],
    inbox_events: ['webhook-events.json', 'user.updated', email, 'Quillon', 'INITIAL_PURCHASE'],
    billing_events: ['purchases.json', '"type": "INITIAL_PURCHASE"'],
    billing_names: ['purchases.json', '$RCAnonymousID:5f1c'],
    billing_customers: ['purchases.json', 'https://x.test/quill-manages'],
    plan_subscriptions: ['purchases.json', '"productId": "plus_monthly"'],
    billing_grants: ['purchases.json', '"purpose": "100000000000001:'],
    checkouts: ['purchases.json', '"productKey": "plus-monthly"'],
    usage_counters: ['usage.json', '"meter": "STORAGE_BYTES"', '"meter": "UPLOADS"'],
    streams: [`streams/${streamIds[1]}.json`, '"outcome": "COMPLETED"', 'Quillon ran along the Quill'],
    event_streams: ['open-streams.json', streamIds[0]],
    stream_chunks: [`streams/${streamIds[0]}.json`, '"outcome": null', 'Quillon ran along the Quill'],
    notifications: ['notifications/1.json', '"title": "Quillon"', '"videos.finished"'],
    notification_deliveries: ['notifications/1.json', '"status": "SENT"'],
    notification_attempts: ['notifications/1.json', '"target": "quill-phone"'],
    notification_inboxes: ['notification-settings.json', '"unreadCount": 1'],
    notification_preferences: ['notification-settings.json', '"quietFrom": 60'],
    push_devices: ['notification-settings.json', 'quill-token', '"Quill"'],
    videos: [`videos/${streamIds[0]}.json`, 'Quillon talks', '"waveform"'],
    data_exports: ['exports.json', exportIds[0] ?? '?'],
    ledger_accounts: ['credits.json', '"kind": "WALLET"'],
    credit_transactions: ['credits.json', 'A gift to look at', 'For Quillon, with thanks'],
    ledger_entries: ['credits.json', '"accountId"'],
    credit_lots: ['credits.json', '"granted": 7'],
    credit_lot_movements: ['credits.json', '"lotId"'],
    credit_holds: ['credits.json', 'video:held-of-the-person'],
    credit_debts: ['credits.json', '"owed": 2'],
    awaited_gifts: ['credits.json', '"awaitedGift": {'],
    admin_grant_keys: ['credits.json', '"grantsByAdmins": [\n    {'],
  })

  test('is in the data export', () => {
    expect(Object.keys(proofs()).toSorted()).toEqual(declaredTables().toSorted())
    for (const [path, ...content] of Object.values(proofs())) {
      for (const part of content) expect(files.get(path), path).toContain(part)
    }
  })

  test('is exported without data of other users, and without internal bytes, keys or hashes', () => {
    const everything = [...files.values()].join('\n')
    expect(everything).not.toMatch(/bystander/i)
    expect(everything).not.toMatch(/emailEncrypted|emailIndex|inputHash/)
    expect([...files.keys()].toSorted()).toEqual(
      [
        `activities/${run.activityId}.json`,
        ...streamIds.map((id) => `streams/${id}.json`),
        'README.txt',
        ...plainFiles,
      ].toSorted(),
    )
    for (const [path, text] of files) if (path.endsWith('.json')) expect(() => JSON.parse(text), path).not.toThrow()
    expect(JSON.parse(files.get('files.json') ?? '')).toMatchObject([{ byteSize: expect.any(Number) }])
  })
  const plainFiles = [
    'profile.json',
    'texts.json',
    'credits.json',
    'notification-settings.json',
    'notifications/1.json',
    'files.json',
    'usage.json',
    `videos/${streamIds[0]}.json`,
    'purchases.json',
    'webhook-events.json',
    'requests.json',
    'open-streams.json',
    'exports.json',
  ]

  test('is erased from every table, and the data of other users is not changed', async () => {
    const tables = await allTables()
    const marks = [email, 'quill', 'vantage', run.uploadId, run.activityId, ...exportIds, ...streamIds]
    const hasMark = (row: string) => marks.some((mark) => row.toLowerCase().includes(mark))
    const { hashName } = app.app.services(billing)
    const ids = [user.id, user.clerkId ?? '?', hashName(user.id), hashName(user.clerkId ?? '?')]
    const isOwn = (row: string) => hasMark(row) || ids.some((id) => row.includes(id))
    const rowsBefore = await Promise.all(tables.map((table) => dump(app, table)))
    const counts = Object.fromEntries(tables.map((table, at) => [table, rowsBefore[at]?.filter(isOwn).length]))
    // These tables reference a transaction and no user.
    const nameless = ['ledger_entries', 'credit_lot_movements']
    for (const table of declaredTables().filter((name) => !nameless.includes(name))) {
      expect(counts[table], table).toBeGreaterThan(0)
    }

    await erase(app, email, user)
    await app.runJob('privacy.erase-stragglers', { userId: user.id })
    for (const [at, table] of tables.entries()) {
      const rows = await dump(app, table)
      expect(rows.filter(hasMark), table).toEqual([])
      if (table === 'erased_addresses') continue
      expect(
        rows.filter((row) => !isOwn(row)),
        table,
      ).toEqual(rowsBefore[at]?.filter((row) => !isOwn(row)))
      if (!kept.includes(table)) expect(rows.filter(isOwn), table).toEqual([])
    }
    expect(await app.app.db.prisma.user.findUnique({ where: { id: user.id } })).toEqual({
      id: user.id,
      clerkId: user.clerkId,
      legacyId: null,
      legacyCredits: 0,
      emailEncrypted: null,
      emailIndex: null,
      firstName: null,
      lastName: null,
      username: null,
      imageUrl: null,
      timeZone: 'UTC',
      locale: 'en',
      chosenLocale: null,
      role: 'USER',
      standing: 'DELETED',
      lockedUntil: null,
      clerkCreatedAt: null,
      clerkUpdatedAt: null,
      clerkVersion: expect.any(String),
      createdAt: user.createdAt,
      isPresent: false,
      fullNameFolded: '',
      lastNameFolded: null,
      usernameFolded: null,
    })
    const events = await app.app.db.prisma.inboxEvent.findMany({ where: { subject: user.clerkId } })
    expect(events).toMatchObject([{ type: 'user.updated', body: null, lastError: null }])
    const purchases = await app.app.db.prisma.inboxEvent.findMany({ where: { source: 'revenuecat' } })
    expect(purchases.map(({ body }) => body)).toEqual([null, null])
  })

  test('does not affect the data exports of other users', async () => {
    const theirs = await filesOf(await madeExport(app, other))
    expect(theirs.get('files.json')).toContain('bystander.fit')
  })
})
