import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GrantCreditsDocument, StartCheckoutDocument } from '../../../operations/typed-operations.ts'
import { addUsers } from '../../cli/users.ts'
import type { User } from '../../generated/prisma/client.ts'
import { toGlobalId } from '../../graphql/ids.ts'
import { addLegacyCommands } from '../../legacy/cli/add-legacy-commands.ts'
import { createLog } from '../../platform/observability/log.ts'
import type { TestApp } from '../../testing/app.ts'
import { startAppWithClerk } from '../../testing/app-with-clerk.ts'
import { clerkAddresses, clerkUser, type FakeClerk, startClerk } from '../../testing/clerk.ts'
import {
  clerkIdFor,
  deleteAccount,
  madeExport,
  recordedRun,
  sendClerkUser,
  signUp,
} from '../../testing/privacy-steps.ts'
import { deliverAndProcess, eventNow } from '../../testing/purchase-steps.ts'
import { type FakeRevenueCat, startRevenueCat } from '../../testing/revenuecat.ts'
import { keepOpen, runCommand } from '../../testing/run-command.ts'
import { searchEverything } from '../../testing/search-everything.ts'
import { revenueCatConfig } from '../../testing/subscriptions.ts'
import { smallFit } from '../../testing/upload-steps.ts'
import { promoteUser } from '../users/index.ts'

/** No program writes this by itself. */
const marker = `quokka${randomUUID().slice(0, 8)}`
const marked = (place: string) => `${marker} ${place}`

const email = `${marker}@example.com`
const admin = 'admin@example.com'
const other = 'bob@example.com'

let clerk: FakeClerk
let revenueCat: FakeRevenueCat
let app: TestApp
let user: User
const lines: string[] = []
beforeAll(async () => {
  clerk = await startClerk()
  revenueCat = await startRevenueCat()
  const log = createLog({ level: 'trace', pretty: false, destination: { write: (line) => lines.push(line) } })
  app = await startAppWithClerk(clerk, { log, config: revenueCatConfig(revenueCat) })
  // On a busy machine, the first sign-up of a process may take longer than a request may.
  await signUp(app, clerk, 'first@example.com').catch(() => {})
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await revenueCat[Symbol.asyncDispose]()
  await clerk[Symbol.asyncDispose]()
})

const names = {
  first_name: marked('first'),
  last_name: marked('last'),
  username: `${marker}_name`,
  image_url: `https://x.test/${marker}.png`,
}

async function mutate(as: string, source: string, variables: object): Promise<void> {
  const { data, errors } = await app.query(as, source, variables)
  expect(errors).toBeUndefined()
  expect(JSON.stringify(data)).toMatch(/"__typename":"\w+Payload"/)
}

/** Imports the user and a recording from an older system: the commands of the CLI that store texts. */
async function importFromOlderSystem(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pacer-erased-texts-'))
  try {
    const legacyId = `${marker}-older`
    await writeFile(
      join(folder, 'users.csv'),
      `legacy_id,email,name\n${legacyId},${email},${marked('imported')} Name\n`,
    )
    await mkdir(join(folder, 'files', legacyId), { recursive: true })
    await writeFile(join(folder, 'files', legacyId, `${marker}-older.fit`), smallFit)
    const clerkId = await clerkIdFor(app, email)
    clerk.users.set(clerkId, clerkUser(clerkId, { ...clerkAddresses([email]), ...names }))
    for (const command of [
      ['users', 'import', join(folder, 'users.csv')],
      ['users', 'link-clerk'],
      ['users', 'reconcile'],
      ['storage', 'migrate', join(folder, 'files')],
    ]) {
      expect(await runCommand(addCommands, command)).toMatchObject({ failure: null, exitCode: undefined })
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

function addCommands(program: Command): void {
  const parents = { users: addUsers(program, keepOpen(app.app)), storage: program.command('storage') }
  addLegacyCommands(parents, keepOpen(app.app))
}

/** Writes the marker into every text that a user, an admin, Clerk and RevenueCat can write. */
async function writeTexts(): Promise<void> {
  await sendClerkUser(app, user.clerkId ?? '', { ...names, email_addresses: [{ id: 'idn_0', email_address: email }] })
  await mutate(email, 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { __typename } }', {
    input: { firstName: marked('first of profile'), lastName: marked('last of profile') },
  })
  const { activityId } = await recordedRun(app, email, `${marker}.fit`)
  await mutate(email, 'mutation ($input: UpdateActivityInput!) { updateActivity(input: $input) { __typename } }', {
    input: { activityId: toGlobalId('Activity', activityId), title: marked('title') },
  })

  const input = { userId: toGlobalId('User', user.id), amount: 5, reason: marked('reason') }
  const granted = await app.run(admin, GrantCreditsDocument, { input: { ...input, idempotencyKey: marked('key') } })
  expect(granted.data.grantCredits).toMatchObject({ transaction: { description: marked('reason') } })

  const checkout = { productKey: 'plus-monthly', idempotencyKey: marked('key of a checkout') }
  const started = await app.run(email, StartCheckoutDocument, { input: checkout })
  expect(started.data.startCheckout).toMatchObject({ checkout: { status: 'READY' } })
  expect(await searchEverything(app, checkout.idempotencyKey)).toEqual(['idempotency_keys.key'])
  await buy()
  const { streams, db } = app.app
  const stream = { userId: user.id, id: randomUUID() }
  const now = app.now
  await db.transaction((tx) => streams.create(tx, { ...stream, kind: 'test.answer', now }))
  const { attempt, sequence: after } = await db.transaction((tx) => streams.begin(tx, stream, { now }))
  await db.transaction((tx) => streams.append(tx, stream, { attempt, after, text: marked('stream') }))
  await madeExport(app, email)
}

const alias = `$RCAnonymousID:${marker}`
const chosen = `${marker}@of-the-app.example`

/** Buys under names that the app has chosen. The subscription does not renew: only the App Store could cancel it. */
async function buy(): Promise<void> {
  const attributes = { subscriber_attributes: { note: { value: marked('attribute'), updated_at_ms: 1 } } }
  const mine = { app_user_id: chosen, aliases: [user.clerkId, alias], ...attributes }
  await deliverAndProcess(app, eventNow(app, 'INITIAL_PURCHASE', mine))
  await deliverAndProcess(app, eventNow(app, 'CANCELLATION', mine))
  const bob = await app.app.db.prisma.user.findFirstOrThrow({ where: { firstName: 'Bystander' } })
  const pack = { ...mine, transaction_id: `pack of ${user.id}`, product_id: 'credits_100' }
  await deliverAndProcess(app, eventNow(app, 'NON_RENEWING_PURCHASE', pack))
  const gift = { transferred_from: [`another ${marker}`, user.id], transferred_to: [bob.id] }
  await deliverAndProcess(app, eventNow(app, 'TRANSFER', { ...gift, app_user_id: undefined, aliases: undefined }))
}

test('no text of a deleted user is left in any table, in the bucket, in the queue or in the log', async () => {
  await importFromOlderSystem()
  user = await signUp(app, clerk, email, names)
  await signUp(app, clerk, other, { first_name: 'Bystander' })
  await promoteUser(app.app.db.prisma, (await signUp(app, clerk, admin)).clerkId ?? '')
  await writeTexts()
  expect(await searchEverything(app, marker)).toEqual(
    expect.arrayContaining([
      'activities.legacy_id',
      'activities.title',
      'billing_names.name',
      'idempotency_keys.key',
      'inbox_events.subject',
      'inbox_events.body',
      'personal_texts.text',
      'stream_chunks.text',
      'uploads.filename',
      'users.email_encrypted',
      'users.first_name',
      'users.legacy_id',
      expect.stringContaining('bucket: exports/'),
      expect.stringContaining('bucket: uploads/'),
    ]),
  )
  const before = await app.app.db.prisma.planSubscription.findMany()

  await deleteAccount(app, email)
  await app.runDueJobs()
  // What arrives about the user after the erasure.
  const late = { app_user_id: chosen, aliases: [alias, `new ${marker}`] }
  await deliverAndProcess(app, eventNow(app, 'EXPIRATION', late))
  await deliverAndProcess(app, eventNow(app, 'EXPIRATION', { ...late, aliases: [user.clerkId, `newer ${marker}`] }))
  await sendClerkUser(app, user.clerkId ?? '', names)
  app.now = new Date(app.now.getTime() + 2 * 86_400_000)
  for (const { job } of app.app.cron) await app.runJob(job.name)
  for (let round = 0; round < 3; round += 1) await app.runDueJobs()
  await app.runJob('privacy.erase-stragglers', { userId: user.id })

  expect(await searchEverything(app, marker)).toEqual([])
  expect(lines.filter((line) => line.toLowerCase().includes(marker))).toEqual([])
  expect(lines.length).toBeGreaterThan(10)
  // Hashes still lead to the owner.
  const after = await app.app.db.prisma.planSubscription.findMany()
  expect(after.map(({ userId }) => userId)).toEqual(before.map(({ userId }) => userId))
})
