import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPool } from '../../testing/pool.ts'
import { type ClonedDatabase, cloneDatabase } from '../../testing/postgres.ts'
import { createEncryptor, type Encryptor, newKey } from './encryptor.ts'
import { countEncrypted, type ReencryptStep, reencrypt } from './re-encrypt.ts'

const [oldKey, key] = [newKey(), newKey()]
const before = createEncryptor([oldKey])
const during = createEncryptor([key, oldKey])
const afterwards = createEncryptor([key])
const place = { table: 'secrets', column: 'value', place: 'secrets.value' }

let database: ClonedDatabase
let pool: Pool
beforeEach(async () => {
  database = await cloneDatabase()
  pool = openPool(database.ownerUrl, 5)
  pool.on('error', () => {}) // the database is dropped while connections are being closed
  await pool.query('CREATE TABLE secrets (id uuid PRIMARY KEY, value bytea)')
})
afterEach(async () => {
  await pool.end()
  await database[Symbol.asyncDispose]()
})

async function add(encryptor: Encryptor, texts: readonly string[]): Promise<void> {
  await pool.query('INSERT INTO secrets SELECT * FROM unnest($1::uuid[], $2::bytea[])', [
    texts.map(() => randomUUID()),
    texts.map((text) => encryptor.encrypt(text, place.place)),
  ])
}

async function read(encryptor: Encryptor): Promise<string[]> {
  const { rows } = await pool.query<{ value: Buffer }>('SELECT value FROM secrets WHERE value IS NOT NULL')
  return rows.map(({ value }) => encryptor.decrypt(value, place.place).toString()).sort()
}

async function run(encryptor = during) {
  const steps: ReencryptStep[] = await Array.fromAsync(reencrypt({ pool, encryptor }, place))
  return {
    reencrypted: steps.reduce((sum, step) => sum + step.reencrypted, 0),
    current: steps.reduce((sum, step) => sum + step.current, 0),
    unreadable: steps.flatMap((step) => step.unreadable),
  }
}

const names = (count: number) => Array.from({ length: count }, (_, at) => `value ${String(at).padStart(4, '0')}`)

test('encrypts values of older keys again, skips the rest, and changes nothing the second time', async () => {
  await add(before, names(1_200))
  await add(during, ['new'])
  await pool.query('INSERT INTO secrets VALUES ($1, NULL)', [randomUUID()])
  expect(await countEncrypted(pool, place)).toBe(1_201)
  expect(await run()).toEqual({ reencrypted: 1_200, current: 1, unreadable: [] })
  expect(await read(afterwards)).toEqual(['new', ...names(1_200)])
  expect(await run()).toEqual({ reencrypted: 0, current: 1_201, unreadable: [] })
  expect(await run(afterwards)).toEqual({ reencrypted: 0, current: 1_201, unreadable: [] })
})

test('the next run continues a run that was stopped', async () => {
  await add(before, names(1_200))
  for await (const step of reencrypt({ pool, encryptor: during }, place)) {
    expect(step).toEqual({ reencrypted: 500, current: 0, unreadable: [] })
    break
  }
  expect(await run()).toEqual({ reencrypted: 700, current: 500, unreadable: [] })
})

test('does not overwrite a value that is written meanwhile', async () => {
  await add(before, ['a', 'b', 'c'])
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM secrets ORDER BY id')
  const [changed, erased, removed] = rows.map(({ id }) => id)
  // A single connection runs statements in order: the changes happen between the read and the replacement.
  const single = openPool(database.ownerUrl, 1)
  let changes: Promise<unknown> | undefined
  const encryptor: Encryptor = {
    ...during,
    decrypt(value, where) {
      changes ??= Promise.all([
        single.query('UPDATE secrets SET value = $2 WHERE id = $1', [changed, before.encrypt('changed', place.place)]),
        single.query('UPDATE secrets SET value = NULL WHERE id = $1', [erased]),
        single.query('DELETE FROM secrets WHERE id = $1', [removed]),
      ])
      return during.decrypt(value, where)
    },
  }
  const steps = await Array.fromAsync(reencrypt({ pool: single, encryptor }, place))
  expect(steps).toEqual([{ reencrypted: 1, current: 2, unreadable: [] }])
  await changes
  await single.end()
  expect(await read(afterwards)).toEqual(['changed'])
})

test('two concurrent runs encrypt each value once', async () => {
  await add(before, names(600))
  const [one, two] = await Promise.all([run(), run()])
  expect(one.reencrypted + two.reencrypted).toBe(600)
  expect(await read(afterwards)).toEqual(names(600))
})

test('values that no key decrypts are kept, reported, and do not stop the run', async () => {
  const ofUnknownKey = createEncryptor([newKey()])
  await add(before, names(10))
  await add(ofUnknownKey, ['of a lost key'])
  const damaged = before.encrypt('damaged', place.place)
  damaged[damaged.length - 1]! ^= 1
  await pool.query('INSERT INTO secrets VALUES ($1, $2), ($3, $4), ($5, $6)', [
    randomUUID(),
    damaged,
    randomUUID(),
    Buffer.alloc(0),
    randomUUID(),
    before.encrypt('of another place', 'users.email'),
  ])
  const { reencrypted, unreadable } = await run()
  expect(reencrypted).toBe(10)
  expect(unreadable).toHaveLength(4)
  expect(unreadable.map(({ reason }) => reason).join()).toMatch(/key .* is not configured/)
  expect(unreadable.map(({ reason }) => reason).join()).toContain('was changed since it was encrypted')
  const { rows } = await pool.query<{ value: Buffer }>('SELECT value FROM secrets WHERE id = ANY($1)', [
    unreadable.map(({ id }) => id),
  ])
  expect(rows.some(({ value }) => value.equals(damaged))).toBe(true)
  expect(await run()).toMatchObject({ reencrypted: 0, current: 10 })
})
