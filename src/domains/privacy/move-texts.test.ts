import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Pool } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../../platform/database/migrate.ts'
import { newKey } from '../../platform/encryption/encryptor.ts'
import { openPool } from '../../testing/pool.ts'
import { type ClonedDatabase, cloneDatabase } from '../../testing/postgres.ts'
import { createHashName } from '../billing/events/hash-name.ts'
import { hashExistingNames } from '../billing/index.ts'

/** The migrations 20261130204000 and 20261130204100, with the rows of the previous release. */
const projectMigrations = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url))
const timeout = 120_000
const indexKey = newKey()
const hash = createHashName(indexKey)
const [ada, erased, boss] = [randomUUID(), randomUUID(), randomUUID()]

let cluster: ClonedDatabase
let url: string
let pool: Pool
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pacer-move-texts-'))
  cluster = await cloneDatabase()
  const name = `moved_${randomUUID().slice(0, 8)}`
  await using owner = { pool: openPool(cluster.ownerUrl, 1), [Symbol.asyncDispose]: () => owner.pool.end() }
  await owner.pool.query(`CREATE DATABASE ${name} TEMPLATE template0`)
  url = Object.assign(new URL(cluster.ownerUrl), { pathname: `/${name}` }).href
  pool = openPool(url, 2)
  for (const each of await readdir(projectMigrations)) {
    if (each < '20261130204' || each.endsWith('.toml')) {
      await cp(join(projectMigrations, each), join(folder, each), { recursive: true })
    }
  }
  await migrate({ url, directory: folder })
  await writeRows()
}, timeout)
afterAll(async () => {
  await pool.end()
  await cluster[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
}, timeout)

const rows = async (sql: string, values: unknown[] = []) => (await pool.query(sql, values)).rows

/** Grants credits and records it in the audit log, with the statements of the previous release. */
async function grant(userId: string, key: string, reason: string): Promise<string> {
  const id = randomUUID()
  await rows(`SELECT credits_grant($1, $2, 5, 'GIFTS', $3, $4, NULL, NULL, now())`, [id, userId, key, reason])
  await rows(
    `INSERT INTO audit_log (id, actor_id, action, subject_id, reason, before, after, created_at)
     VALUES ($1, $2, 'credits.grant', $3, $4, '{"balance":0}', $5, now())`,
    [randomUUID(), boss, userId, reason, { balance: 5, transactionId: id }],
  )
  return id
}

const addEvent = (eventId: string, names: string[]) =>
  rows(
    `INSERT INTO billing_events (id, event_id, type, occurred_at, names, transferred_to, entitlement_keys,
       is_family_share, quantity, received_at)
     VALUES ($1, $2, 'INITIAL_PURCHASE', now(), $3, '{}', '{}', false, 1, now())`,
    [randomUUID(), eventId, names],
  )

async function writeRows(): Promise<void> {
  const users = [
    [ada, 'user_ada', 'ACTIVE'],
    [erased, 'user_erased', 'DELETED'],
    [boss, 'user_boss', 'ACTIVE'],
  ]
  for (const user of users) {
    await rows('INSERT INTO users (id, clerk_id, standing, created_at) VALUES ($1, $2, $3, now())', user)
  }
  await grant(ada, `admin:${boss}:a key for Ada`, 'Ada fell ill')
  await grant(erased, `admin:${boss}:another key`, 'The erased one fell ill')
  await rows(`SELECT credits_grant($1, $2, 100, 'GIFTS', 'sign-up-gift', 'Sign-up gift', NULL, NULL, now())`, [
    randomUUID(),
    ada,
  ])
  await addEvent('of Ada', ['ada@of-the-app.example', 'user_ada', '$RCAnonymousID:a'])
  await addEvent('of the erased', ['erased@of-the-app.example', 'user_erased'])
  await addEvent('of nobody', ['nobody'])
  await rows(`INSERT INTO billing_names VALUES ('$RCAnonymousID:a', $1, now(), 'of Ada')`, [ada])
  await rows(
    `INSERT INTO inbox_events (id, source, event_id, type, subject, sent_at, received_at, state, processed_at)
     VALUES ($1, 'revenuecat', '1', 'RENEWAL', 'erased@of-the-app.example', now(), now(), 'PROCESSED', now()),
            ($2, 'revenuecat', '2', 'RENEWAL', 'user_erased', now(), now(), 'PROCESSED', now())`,
    [randomUUID(), randomUUID()],
  )
}

test('moves what exists, needs the key, and the previous release runs on', { timeout }, async () => {
  await expect(migrate({ url })).rejects.toThrow('must be hashed with EMAIL_INDEX_KEY')
  expect(await rows(`SELECT count(*)::int FROM billing_events WHERE 'nobody' = ANY (names)`)).toEqual([{ count: 1 }])
  const { applied } = await migrate({ url, before: [hashExistingNames(indexKey)] })
  expect(applied[0]).toBe('20261130204100_hash_billing_names')

  const described = `
    SELECT t.user_id AS "userId", t.description, p.text, t.text_id IS NOT NULL AS moved, t.text_id = a.reason_id AS shared,
      a.reason, t.key ~ 'sha256:[0-9a-f]{64}$' AS hashed
    FROM credit_transactions AS t
    LEFT JOIN personal_texts AS p ON p.id = t.text_id AND p.user_id = t.user_id
    LEFT JOIN audit_log AS a ON a.after ->> 'transactionId' = t.id::text
    ORDER BY t.user_id <> '${ada}', t.sequence`
  const moved = { description: 'Granted by an admin', moved: true, shared: true, reason: null, hashed: true }
  const gift = { description: 'Sign-up gift', text: null, moved: false, shared: null, reason: null, hashed: false }
  expect(await rows(described)).toEqual([
    { ...moved, userId: ada, text: 'Ada fell ill' },
    { ...gift, userId: ada },
    { ...moved, userId: erased, text: null },
  ])
  for (const change of [
    "credit_transactions SET description = ''",
    'audit_log SET action = action',
    'billing_events SET type = type',
  ]) {
    await expect(rows(`UPDATE ${change}`)).rejects.toThrow('never changed or removed')
  }

  expect(await rows('SELECT names FROM billing_events ORDER BY event_id')).toEqual([
    { names: ['ada@of-the-app.example', 'user_ada', '$RCAnonymousID:a'].map(hash) },
    { names: ['nobody'].map(hash) },
    { names: ['erased@of-the-app.example', 'user_erased'].map(hash) },
  ])
  const known = await rows('SELECT hash, name, user_id AS "userId" FROM billing_names')
  expect(known).toHaveLength(6)
  expect(known).toEqual(
    expect.arrayContaining([
      { hash: hash('ada@of-the-app.example'), name: 'ada@of-the-app.example', userId: null },
      { hash: hash('user_ada'), name: 'user_ada', userId: null },
      { hash: hash('$RCAnonymousID:a'), name: '$RCAnonymousID:a', userId: ada },
      { hash: hash('nobody'), name: 'nobody', userId: null },
      { hash: hash('erased@of-the-app.example'), name: null, userId: erased },
      { hash: hash('user_erased'), name: null, userId: erased },
    ]),
  )
  expect(await rows('SELECT subject FROM inbox_events ORDER BY event_id')).toEqual([
    { subject: null },
    { subject: 'user_erased' },
  ])

  // What processes of the previous release write until they are replaced.
  await grant(ada, `admin:${boss}:a third key`, 'Ada is well again')
  expect((await rows(described))[2]).toEqual({ ...moved, userId: ada, text: 'Ada is well again', shared: false })
  expect(await rows(`SELECT text FROM audit_log JOIN personal_texts AS p ON p.id = reason_id ORDER BY text`)).toEqual([
    { text: 'Ada fell ill' },
    { text: 'Ada is well again' },
  ])
  await expect(addEvent('late', ['ada@of-the-app.example'])).rejects.toMatchObject({
    constraint: 'billing_events_names_are_hashes',
  })
})
