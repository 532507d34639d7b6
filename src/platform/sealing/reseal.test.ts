import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPool } from '../../testing/pool.ts'
import { type ClonedDatabase, cloneDatabase } from '../../testing/postgres.ts'
import { countSealed, type ResealStep, reseal } from './reseal.ts'
import { createSealer, newKey, type Sealer } from './sealing.ts'

const [oldKey, key] = [newKey(), newKey()]
const before = createSealer([oldKey])
const during = createSealer([key, oldKey])
const afterwards = createSealer([key])
const place = { table: 'secrets', column: 'sealed', place: 'secrets.sealed' }

let database: ClonedDatabase
let pool: Pool
beforeEach(async () => {
  database = await cloneDatabase()
  pool = openPool(database.ownerUrl, 5)
  pool.on('error', () => {}) // the database is dropped while connections are being closed
  await pool.query('CREATE TABLE secrets (id uuid PRIMARY KEY, sealed bytea)')
})
afterEach(async () => {
  await pool.end()
  await database[Symbol.asyncDispose]()
})

async function add(sealer: Sealer, texts: readonly string[]): Promise<void> {
  await pool.query('INSERT INTO secrets SELECT * FROM unnest($1::uuid[], $2::bytea[])', [
    texts.map(() => randomUUID()),
    texts.map((text) => sealer.seal(text, place.place)),
  ])
}

async function read(sealer: Sealer): Promise<string[]> {
  const { rows } = await pool.query<{ sealed: Buffer }>('SELECT sealed FROM secrets WHERE sealed IS NOT NULL')
  return rows.map(({ sealed }) => sealer.open(sealed, place.place).toString()).sort()
}

async function run(sealer = during) {
  const steps: ResealStep[] = await Array.fromAsync(reseal({ pool, sealer }, place))
  return {
    resealed: steps.reduce((sum, step) => sum + step.resealed, 0),
    current: steps.reduce((sum, step) => sum + step.current, 0),
    unreadable: steps.flatMap((step) => step.unreadable),
  }
}

const names = (count: number) => Array.from({ length: count }, (_, at) => `value ${String(at).padStart(4, '0')}`)

test('seals anew what an older key has sealed, passes over the rest, and finds nothing to do the second time', async () => {
  await add(before, names(1_200))
  await add(during, ['new'])
  await pool.query('INSERT INTO secrets VALUES ($1, NULL)', [randomUUID()])
  expect(await countSealed(pool, place)).toBe(1_201)
  expect(await run()).toEqual({ resealed: 1_200, current: 1, unreadable: [] })
  expect(await read(afterwards)).toEqual(['new', ...names(1_200)])
  expect(await run()).toEqual({ resealed: 0, current: 1_201, unreadable: [] })
  expect(await run(afterwards)).toEqual({ resealed: 0, current: 1_201, unreadable: [] })
})

test('a run that was stopped is gone on with by the next one', async () => {
  await add(before, names(1_200))
  for await (const step of reseal({ pool, sealer: during }, place)) {
    expect(step).toEqual({ resealed: 500, current: 0, unreadable: [] })
    break
  }
  expect(await run()).toEqual({ resealed: 700, current: 500, unreadable: [] })
})

test('whoever writes meanwhile wins', async () => {
  await add(before, ['a', 'b', 'c'])
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM secrets ORDER BY id')
  const [changed, erased, removed] = rows.map(({ id }) => id)
  // One connection does what it was asked for first first: the changes lie between reading and replacing.
  const single = openPool(database.ownerUrl, 1)
  let changes: Promise<unknown> | undefined
  const sealer: Sealer = {
    ...during,
    open(sealed, where) {
      changes ??= Promise.all([
        single.query('UPDATE secrets SET sealed = $2 WHERE id = $1', [changed, before.seal('changed', place.place)]),
        single.query('UPDATE secrets SET sealed = NULL WHERE id = $1', [erased]),
        single.query('DELETE FROM secrets WHERE id = $1', [removed]),
      ])
      return during.open(sealed, where)
    },
  }
  const steps = await Array.fromAsync(reseal({ pool: single, sealer }, place))
  expect(steps).toEqual([{ resealed: 1, current: 2, unreadable: [] }])
  await changes
  await single.end()
  expect(await read(afterwards)).toEqual(['changed'])
})

test('two runs at once do the work once', async () => {
  await add(before, names(600))
  const [one, two] = await Promise.all([run(), run()])
  expect(one.resealed + two.resealed).toBe(600)
  expect(await read(afterwards)).toEqual(names(600))
})

test('what no key opens stays as it is, is named, and holds nothing up', async () => {
  const stranger = createSealer([newKey()])
  await add(before, names(10))
  await add(stranger, ['of a lost key'])
  const damaged = before.seal('damaged', place.place)
  damaged[damaged.length - 1]! ^= 1
  await pool.query('INSERT INTO secrets VALUES ($1, $2), ($3, $4), ($5, $6)', [
    randomUUID(),
    damaged,
    randomUUID(),
    Buffer.alloc(0),
    randomUUID(),
    before.seal('of another place', 'users.email'),
  ])
  const { resealed, unreadable } = await run()
  expect(resealed).toBe(10)
  expect(unreadable).toHaveLength(4)
  expect(unreadable.map(({ reason }) => reason).join()).toMatch(/key .* is not configured/)
  expect(unreadable.map(({ reason }) => reason).join()).toContain('was changed since it was sealed')
  const { rows } = await pool.query<{ sealed: Buffer }>('SELECT sealed FROM secrets WHERE id = ANY($1)', [
    unreadable.map(({ id }) => id),
  ])
  expect(rows.some(({ sealed }) => sealed.equals(damaged))).toBe(true)
  expect(await run()).toMatchObject({ resealed: 0, current: 10 })
})
