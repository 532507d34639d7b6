import { afterAll, beforeAll, expect, test } from 'vitest'
import { IdempotencyConflict } from '../../platform/errors.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createPerson } from '../../testing/factories.ts'
import { balancesOf } from './balance.ts'
import { HoldEnded, InsufficientCredits } from './errors.ts'
import { capture, grant, hold, release, spend, verifyLedger } from './index.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ config: { poolSize: 20 } })
})
afterAll(() => app[Symbol.asyncDispose]())

const hourMs = 3_600_000
const description = 'A race'

interface GrantWish {
  readonly key?: string
  readonly expiresAt?: Date | null
}

const give = (userId: string, amount: number, { key = 'gift', expiresAt = null }: GrantWish = {}) =>
  app.app.db.transaction((tx) =>
    grant(tx, { userId, amount, source: 'GIFTS', key, description, expiresAt, now: app.now }),
  )

const take = (userId: string, amount: number, key: string) =>
  app.app.db.transaction((tx) => spend(tx, { userId, amount, key, description, now: app.now }))

const setAside = (userId: string, amount: number, reference: string) =>
  app.app.db.transaction((tx) =>
    hold(tx, { userId, amount, reference, description, deadline: new Date(app.now.getTime() + hourMs), now: app.now }),
  )

const finish = (end: typeof capture | typeof release, reference: string) =>
  app.app.db.transaction((tx) => end(tx, { reference, description, now: app.now }))

const balanceOf = async (userId: string) => (await balancesOf(app.app.db.prisma, [userId], app.now)).get(userId)

async function expectNoLies(): Promise<void> {
  const verdicts = await verifyLedger(app.app.db)
  expect(verdicts.filter(({ lies }) => lies > 0)).toEqual([])
}

/** `count` of them at once: what was answered, and why the others failed. */
async function atOnce<Result>(count: number, attempt: (index: number) => Promise<Result>) {
  const outcomes = await Promise.allSettled(Array.from({ length: count }, (_, index) => attempt(index)))
  return {
    done: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
    failures: outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : [])),
  }
}

/** A balance of 100 in 50 lots of 2. Every other one lapses, and none in the order of its making. */
async function giveInLots(userId: string): Promise<void> {
  for (let index = 0; index < 50; index += 1) {
    const expiresAt = index % 2 === 0 ? new Date(app.now.getTime() + (1 + ((index * 7) % 50)) * hourMs) : null
    await give(userId, 2, { key: `lot:${index}`, expiresAt })
  }
}

test('of 200 spends of 1 at once from 100 credits in 50 lots, 100 succeed and the others find too little', async () => {
  const { id } = await createPerson(app, 'many@example.com')
  await giveInLots(id)

  const { done, failures } = await atOnce(200, (index) => take(id, 1, `spend:${index}`))

  expect(done).toHaveLength(100)
  expect(failures).toHaveLength(100)
  // A deadlock, a time-out or a unique key would be another error.
  expect(failures.filter((error) => !(error instanceof InsufficientCredits))).toEqual([])
  expect(failures).toEqual(failures.map(() => expect.objectContaining({ required: 1, available: 0 })))
  // Each found what another had left: no two saw the same balance.
  expect(done.map(({ balanceAfter }) => balanceAfter).sort((a, b) => b - a)).toEqual(
    Array.from({ length: 100 }, (_, index) => 99 - index),
  )
  expect(await balanceOf(id)).toBe(0)
  const { prisma } = app.app.db
  expect(await prisma.creditTransaction.count({ where: { userId: id, kind: 'SPEND' } })).toBe(100)
  expect(await prisma.creditLot.count({ where: { userId: id, isOpen: true } })).toBe(0)
  await expectNoLies()
})

test('200 spends at once with one key are one', async () => {
  const { id } = await createPerson(app, 'one-key@example.com')
  await giveInLots(id)

  const { done, failures } = await atOnce(200, () => take(id, 1, 'the same'))

  expect(failures).toEqual([])
  expect(done).toHaveLength(200)
  expect(new Set(done.map((posted) => posted.id)).size).toBe(1)
  expect(await balanceOf(id)).toBe(99)
  expect(await app.app.db.prisma.creditTransaction.count({ where: { userId: id, kind: 'SPEND' } })).toBe(1)
  await expectNoLies()
})

test('a key is for one effect: another amount or another kind is a conflict', async () => {
  const { id } = await createPerson(app, 'conflict@example.com')
  await give(id, 10)
  await take(id, 3, 'used')

  await expect(take(id, 4, 'used')).rejects.toBeInstanceOf(IdempotencyConflict)
  await expect(give(id, 3, { key: 'used' })).rejects.toBeInstanceOf(IdempotencyConflict)
  await expect(give(id, 11)).rejects.toBeInstanceOf(IdempotencyConflict)
  await setAside(id, 2, 'race:conflict')
  await expect(setAside(id, 1, 'race:conflict')).rejects.toBeInstanceOf(IdempotencyConflict)
  expect(await balanceOf(id)).toBe(5)
})

test('of spends of different amounts at once with one key one wins and the others are conflicts', async () => {
  const { id } = await createPerson(app, 'amounts@example.com')
  await give(id, 100)

  const { done, failures } = await atOnce(10, (index) => take(id, index + 1, 'the same'))

  expect(done).toHaveLength(1)
  expect(failures.filter((error) => error instanceof IdempotencyConflict)).toHaveLength(9)
  expect(await balanceOf(id)).toBe(100 + (done[0]?.amount ?? 0))
})

test('50 grants at once with one key, to somebody who has no wallet yet, are one', async () => {
  const { id } = await createPerson(app, 'new@example.com')
  expect(await app.app.db.prisma.ledgerAccount.count({ where: { userId: id } })).toBe(0)

  const { done, failures } = await atOnce(50, () => give(id, 7))

  expect(failures).toEqual([])
  expect(new Set(done.map((posted) => posted.id)).size).toBe(1)
  expect(await balanceOf(id)).toBe(7)
  expect(await app.app.db.prisma.creditLot.count({ where: { userId: id } })).toBe(1)
  await expectNoLies()
})

test('50 holds at once for one piece of work are one', async () => {
  const { id } = await createPerson(app, 'holds@example.com')
  await give(id, 100)

  const { done, failures } = await atOnce(50, () => setAside(id, 60, 'race:holds'))

  expect(failures).toEqual([])
  expect(new Set(done.map((posted) => posted.id)).size).toBe(1)
  expect(await balanceOf(id)).toBe(40)
  await expectNoLies()
})

test('of a capture and a release of one hold at once one wins, and the other learns that it has ended', async () => {
  const { id } = await createPerson(app, 'ends@example.com')
  await give(id, 20)
  const references = Array.from({ length: 20 }, (_, index) => `race:end-${index}`)
  for (const reference of references) await setAside(id, 1, reference)

  const races = await Promise.all(
    references.map((reference, index) => {
      // Half of them begin with the release, so that either may win.
      const ends = index % 2 === 0 ? [capture, release] : [release, capture]
      return atOnce(2, (which) => finish(ends[which] ?? release, reference))
    }),
  )

  for (const { done, failures } of races) {
    expect(done).toHaveLength(1)
    expect(failures).toEqual([expect.any(HoldEnded)])
  }
  const released = races.flatMap(({ done }) => done).filter(({ kind }) => kind === 'RELEASE').length
  expect(await balanceOf(id)).toBe(released)
  await expectNoLies()
})

test('a wallet that is locked by an open transaction keeps nobody else from spending', async () => {
  const ann = await createPerson(app, 'ann@example.com')
  const ben = await createPerson(app, 'ben@example.com')
  await give(ann.id, 10)
  await give(ben.id, 10)

  await app.app.db.transaction(async (tx) => {
    await spend(tx, { userId: ann.id, amount: 4, key: 'open', description, now: app.now })
    const lock = 'SELECT FROM ledger_accounts WHERE user_id = $1 FOR UPDATE NOWAIT'
    await expect(app.owner.query(lock, [ann.id])).rejects.toMatchObject({ code: '55P03' })
    // All that a person can do, while the other's transaction stays open: it would never come back if it waited.
    await take(ben.id, 4, 'meanwhile')
    await setAside(ben.id, 2, 'race:meanwhile')
    await finish(capture, 'race:meanwhile')
  })

  expect(await balanceOf(ann.id)).toBe(6)
  expect(await balanceOf(ben.id)).toBe(4)
})

test('every command is one statement', async () => {
  const { id } = await createPerson(app, 'statements@example.com')
  await giveInLots(id)
  app.takeStatements()

  const commands = [
    () => give(id, 5),
    () => take(id, 31, 'over sixteen lots'),
    () => setAside(id, 9, 'race:statements'),
    () => finish(release, 'race:statements'),
  ]
  for (const command of commands) {
    await command()
    expect(app.takeStatements()).toEqual([expect.stringContaining('FROM credits_')])
  }
})

/** Runs it by hand in a transaction of its own, past all code and privileges. */
async function byHand(...statements: readonly string[]): Promise<void> {
  const client = await app.owner.connect()
  try {
    await client.query('BEGIN')
    for (const statement of statements) await client.query(statement)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}

const [restrictViolation, checkViolation] = ['23001', '23514']

test.each([
  'UPDATE ledger_entries SET amount = amount + 1',
  'DELETE FROM ledger_entries',
  'TRUNCATE ledger_entries',
  "UPDATE credit_transactions SET description = 'Changed'",
  'DELETE FROM credit_transactions',
  'TRUNCATE credit_transactions CASCADE',
  'UPDATE credit_lot_movements SET amount = amount + 1',
  'DELETE FROM credit_lot_movements',
  'TRUNCATE credit_lot_movements',
])('the database refuses: %s', async (statement) => {
  const { id } = await createPerson(app, `history-${statement.replaceAll(/\W+/g, '-').toLowerCase()}@example.com`)
  await give(id, 1)
  await expect(byHand(statement)).rejects.toMatchObject({
    code: restrictViolation,
    message: expect.stringMatching(/^Rows of \w+ are never changed or removed\.$/),
  })
})

/** The wallet has 10 from one transaction; `said` and the wallet agree on a spending of 4. */
const said = (id: string) => `INSERT INTO credit_transactions
  (id, user_id, sequence, kind, amount, requested, balance_after, key, description, created_at)
  VALUES (md5('${id}')::uuid, '${id}', 2, 'SPEND', -4, 4, 6, 'by hand', 'By hand', now())`
const walletMoved = (id: string) => `UPDATE ledger_accounts SET balance = 6, last_sequence = 2 WHERE user_id = '${id}'`
const entries = (id: string, ofWallet: number, ofSpending: number) => `INSERT INTO ledger_entries VALUES
  (md5('${id}')::uuid, (SELECT id FROM ledger_accounts WHERE user_id = '${id}'), ${ofWallet}),
  (md5('${id}')::uuid, ledger_account('SPENDING'), ${ofSpending})`

interface Forgery {
  readonly what: string
  readonly statements: (id: string) => readonly string[]
  readonly refusal: RegExp
}

const forgeries: readonly Forgery[] = [
  {
    what: 'entries that do not sum to zero',
    statements: (id) => [said(id), walletMoved(id), entries(id, -4, 5)],
    refusal: /^The entries of transaction \S+ do not balance\.$/,
  },
  {
    what: 'entries that balance, but say another thing of the wallet than their transaction',
    statements: (id) => [said(id), walletMoved(id), entries(id, -5, 5)],
    refusal: /^The entries of transaction \S+ do not balance\.$/,
  },
  {
    what: 'one more entry for a transaction that balanced',
    statements: (id) => [
      `INSERT INTO ledger_entries
        SELECT id, ledger_account('SPENDING'), 1 FROM credit_transactions WHERE user_id = '${id}'`,
    ],
    refusal: /^The entries of transaction \S+ do not balance\.$/,
  },
  {
    what: 'a transaction without entries',
    statements: (id) => [said(id), walletMoved(id)],
    refusal: /^Transaction \S+ has no entries\.$/,
  },
  {
    what: 'a balance that no transaction left',
    statements: (id) => [`UPDATE ledger_accounts SET balance = balance + 1 WHERE user_id = '${id}'`],
    refusal: /^The balance of wallet \S+ is not what its transactions say\.$/,
  },
  {
    what: 'a wallet that begins with something',
    statements: (id) => [
      `INSERT INTO ledger_accounts (id, kind, user_id, balance)
        SELECT gen_random_uuid(), 'WALLET', id, 1 FROM users WHERE id <> '${id}'
        AND NOT EXISTS (SELECT FROM ledger_accounts WHERE user_id = users.id)`,
    ],
    refusal: /^The balance of wallet \S+ is not what its transactions say\.$/,
  },
  {
    what: 'a wallet below zero',
    statements: (id) => [`UPDATE ledger_accounts SET balance = -1 WHERE user_id = '${id}'`],
    refusal: /ledger_accounts_never_below_zero/,
  },
  {
    what: 'a lot with less than nothing left',
    statements: (id) => [`UPDATE credit_lots SET remaining = -1 WHERE user_id = '${id}'`],
    refusal: /credit_lots_within_bounds/,
  },
  {
    what: 'a lot with more left than it gave',
    statements: (id) => [`UPDATE credit_lots SET remaining = granted + 1 WHERE user_id = '${id}'`],
    refusal: /credit_lots_within_bounds/,
  },
]

test.each(forgeries)('the database refuses $what', async ({ what, statements, refusal }) => {
  const { id } = await createPerson(app, `${what.replaceAll(/\W+/g, '-')}@example.com`)
  await createPerson(app, `${what.replaceAll(/\W+/g, '-')}-without-a-wallet@example.com`)
  await give(id, 10)

  await expect(byHand(...statements(id))).rejects.toMatchObject({
    code: checkViolation,
    message: expect.stringMatching(refusal),
  })
  expect(await balanceOf(id)).toBe(10)
})

test('the same by hand is taken when all of it agrees', async () => {
  const { id } = await createPerson(app, 'agrees@example.com')
  await give(id, 10)
  await byHand(said(id), walletMoved(id), entries(id, -4, 4))
  expect(await balanceOf(id)).toBe(6)
})
