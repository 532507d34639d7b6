import { afterAll, beforeAll, expect, test } from 'vitest'
import { IdempotencyConflict } from '../../../platform/errors.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { HoldEnded, InsufficientCredits } from '../errors.ts'
import { capture, grant, hold, release, spend, verifyLedger } from '../index.ts'
import { balancesOf } from '../queries/balance.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ config: { poolSize: 20 } })
})
afterAll(() => app[Symbol.asyncDispose]())

const hourMs = 3_600_000
const description = 'A race'

interface GrantInput {
  readonly key?: string
  readonly expiresAt?: Date | null
}

const grantCredits = (userId: string, amount: number, { key = 'gift', expiresAt = null }: GrantInput = {}) =>
  app.app.db.transaction((tx) =>
    grant(tx, { userId, amount, source: 'GIFTS', key, description, expiresAt, now: app.now }),
  )

const spendCredits = (userId: string, amount: number, key: string) =>
  app.app.db.transaction((tx) => spend(tx, { userId, amount, key, description, now: app.now }))

const holdCredits = (userId: string, amount: number, reference: string) =>
  app.app.db.transaction((tx) =>
    hold(tx, { userId, amount, reference, description, deadline: new Date(app.now.getTime() + hourMs), now: app.now }),
  )

const endHold = (end: typeof capture | typeof release, reference: string) =>
  app.app.db.transaction((tx) => end(tx, { reference, description, now: app.now }))

const balanceOf = async (userId: string) => (await balancesOf(app.app.db.prisma, [userId], app.now)).get(userId)

async function expectNoMismatches(): Promise<void> {
  const verdicts = await verifyLedger(app.app.db)
  expect(verdicts.filter(({ mismatches }) => mismatches > 0)).toEqual([])
}

/** Runs `count` attempts at once; resolves to the results and to the errors. */
async function atOnce<Result>(count: number, attempt: (index: number) => Promise<Result>) {
  const outcomes = await Promise.allSettled(Array.from({ length: count }, (_, index) => attempt(index)))
  return {
    done: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
    failures: outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : [])),
  }
}

/** Grants 100 credits in 50 lots of 2. Every other lot expires, in an order other than that of creation. */
async function grantInLots(userId: string): Promise<void> {
  for (let index = 0; index < 50; index += 1) {
    const expiresAt = index % 2 === 0 ? new Date(app.now.getTime() + (1 + ((index * 7) % 50)) * hourMs) : null
    await grantCredits(userId, 2, { key: `lot:${index}`, expiresAt })
  }
}

test('of 200 concurrent spends of 1 from 100 credits in 50 lots, 100 succeed and 100 throw InsufficientCredits', async () => {
  const { id } = await createUser(app, 'many@example.com')
  await grantInLots(id)

  const { done, failures } = await atOnce(200, (index) => spendCredits(id, 1, `spend:${index}`))

  expect(done).toHaveLength(100)
  expect(failures).toHaveLength(100)
  // A deadlock, a timeout or a unique violation would be another error.
  expect(failures.filter((error) => !(error instanceof InsufficientCredits))).toEqual([])
  expect(failures).toEqual(failures.map(() => expect.objectContaining({ required: 1, available: 0 })))
  // The spends were serialised: no two saw the same balance.
  expect(done.map(({ balanceAfter }) => balanceAfter).sort((a, b) => b - a)).toEqual(
    Array.from({ length: 100 }, (_, index) => 99 - index),
  )
  expect(await balanceOf(id)).toBe(0)
  const { prisma } = app.app.db
  expect(await prisma.creditTransaction.count({ where: { userId: id, kind: 'SPEND' } })).toBe(100)
  expect(await prisma.creditLot.count({ where: { userId: id, isOpen: true } })).toBe(0)
  await expectNoMismatches()
})

test('200 concurrent spends with one key have the effect of one', async () => {
  const { id } = await createUser(app, 'one-key@example.com')
  await grantInLots(id)

  const { done, failures } = await atOnce(200, () => spendCredits(id, 1, 'the same'))

  expect(failures).toEqual([])
  expect(done).toHaveLength(200)
  expect(new Set(done.map((posted) => posted.id)).size).toBe(1)
  expect(await balanceOf(id)).toBe(99)
  expect(await app.app.db.prisma.creditTransaction.count({ where: { userId: id, kind: 'SPEND' } })).toBe(1)
  await expectNoMismatches()
})

test('a used key with another amount or command throws IdempotencyConflict', async () => {
  const { id } = await createUser(app, 'conflict@example.com')
  await grantCredits(id, 10)
  await spendCredits(id, 3, 'used')

  await expect(spendCredits(id, 4, 'used')).rejects.toBeInstanceOf(IdempotencyConflict)
  await expect(grantCredits(id, 3, { key: 'used' })).rejects.toBeInstanceOf(IdempotencyConflict)
  await expect(grantCredits(id, 11)).rejects.toBeInstanceOf(IdempotencyConflict)
  await holdCredits(id, 2, 'race:conflict')
  await expect(holdCredits(id, 1, 'race:conflict')).rejects.toBeInstanceOf(IdempotencyConflict)
  expect(await balanceOf(id)).toBe(5)
})

test('of concurrent spends of different amounts with one key, one succeeds and the others throw IdempotencyConflict', async () => {
  const { id } = await createUser(app, 'amounts@example.com')
  await grantCredits(id, 100)

  const { done, failures } = await atOnce(10, (index) => spendCredits(id, index + 1, 'the same'))

  expect(done).toHaveLength(1)
  expect(failures.filter((error) => error instanceof IdempotencyConflict)).toHaveLength(9)
  expect(await balanceOf(id)).toBe(100 + (done[0]?.amount ?? 0))
})

test('50 concurrent grants with one key, to a user without a wallet, have the effect of one', async () => {
  const { id } = await createUser(app, 'new@example.com')
  expect(await app.app.db.prisma.ledgerAccount.count({ where: { userId: id } })).toBe(0)

  const { done, failures } = await atOnce(50, () => grantCredits(id, 7))

  expect(failures).toEqual([])
  expect(new Set(done.map((posted) => posted.id)).size).toBe(1)
  expect(await balanceOf(id)).toBe(7)
  expect(await app.app.db.prisma.creditLot.count({ where: { userId: id } })).toBe(1)
  await expectNoMismatches()
})

test('50 concurrent holds with one reference have the effect of one', async () => {
  const { id } = await createUser(app, 'holds@example.com')
  await grantCredits(id, 100)

  const { done, failures } = await atOnce(50, () => holdCredits(id, 60, 'race:holds'))

  expect(failures).toEqual([])
  expect(new Set(done.map((posted) => posted.id)).size).toBe(1)
  expect(await balanceOf(id)).toBe(40)
  await expectNoMismatches()
})

test('of a concurrent capture and release of one hold, one succeeds and the other throws HoldEnded', async () => {
  const { id } = await createUser(app, 'ends@example.com')
  await grantCredits(id, 20)
  const references = Array.from({ length: 20 }, (_, index) => `race:end-${index}`)
  for (const reference of references) await holdCredits(id, 1, reference)

  const races = await Promise.all(
    references.map((reference, index) => {
      // Half of the pairs start with the release, so that either can be first.
      const ends = index % 2 === 0 ? [capture, release] : [release, capture]
      return atOnce(2, (which) => endHold(ends[which] ?? release, reference))
    }),
  )

  for (const { done, failures } of races) {
    expect(done).toHaveLength(1)
    expect(failures).toEqual([expect.any(HoldEnded)])
  }
  const released = races.flatMap(({ done }) => done).filter(({ kind }) => kind === 'RELEASE').length
  expect(await balanceOf(id)).toBe(released)
  await expectNoMismatches()
})

test('a transaction that locks a wallet does not block other users', async () => {
  const ann = await createUser(app, 'ann@example.com')
  const ben = await createUser(app, 'ben@example.com')
  await grantCredits(ann.id, 10)
  await grantCredits(ben.id, 10)

  await app.app.db.transaction(async (tx) => {
    await spend(tx, { userId: ann.id, amount: 4, key: 'open', description, now: app.now })
    const lock = 'SELECT FROM ledger_accounts WHERE user_id = $1 FOR UPDATE NOWAIT'
    await expect(app.owner.query(lock, [ann.id])).rejects.toMatchObject({ code: '55P03' })
    // All commands of another user, while the first transaction is open: one that waited would never return.
    await spendCredits(ben.id, 4, 'meanwhile')
    await holdCredits(ben.id, 2, 'race:meanwhile')
    await endHold(capture, 'race:meanwhile')
  })

  expect(await balanceOf(ann.id)).toBe(6)
  expect(await balanceOf(ben.id)).toBe(4)
})

test('every command takes one statement', async () => {
  const { id } = await createUser(app, 'statements@example.com')
  await grantInLots(id)
  app.takeStatements()

  const commands = [
    () => grantCredits(id, 5),
    () => spendCredits(id, 31, 'over sixteen lots'),
    () => holdCredits(id, 9, 'race:statements'),
    () => endHold(release, 'race:statements'),
  ]
  for (const command of commands) {
    await command()
    expect(app.takeStatements()).toEqual([expect.stringContaining('FROM credits_')])
  }
})

/** Runs SQL in its own transaction as the owner of the database, without the application and its privileges. */
async function runAsOwner(...statements: readonly string[]): Promise<void> {
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
])('the database rejects: %s', async (statement) => {
  const { id } = await createUser(app, `history-${statement.replaceAll(/\W+/g, '-').toLowerCase()}@example.com`)
  await grantCredits(id, 1)
  await expect(runAsOwner(statement)).rejects.toMatchObject({
    code: restrictViolation,
    message: expect.stringMatching(/^Rows of \w+ are never changed or removed\.$/),
  })
})

/** The wallet has 10 credits from one transaction; these statements record a spend of 4. */
const insertTransaction = (id: string) => `INSERT INTO credit_transactions
  (id, user_id, sequence, kind, amount, requested, balance_after, key, description, created_at)
  VALUES (md5('${id}')::uuid, '${id}', 2, 'SPEND', -4, 4, 6, 'by hand', 'By hand', now())`
const updateWallet = (id: string) => `UPDATE ledger_accounts SET balance = 6, last_sequence = 2 WHERE user_id = '${id}'`
const insertEntries = (id: string, ofWallet: number, ofSpending: number) => `INSERT INTO ledger_entries VALUES
  (md5('${id}')::uuid, (SELECT id FROM ledger_accounts WHERE user_id = '${id}'), ${ofWallet}),
  (md5('${id}')::uuid, ledger_account('SPENDING'), ${ofSpending})`

interface InvalidWrite {
  readonly what: string
  readonly statements: (id: string) => readonly string[]
  readonly message: RegExp
}

const invalidWrites: readonly InvalidWrite[] = [
  {
    what: 'entries that do not sum to zero',
    statements: (id) => [insertTransaction(id), updateWallet(id), insertEntries(id, -4, 5)],
    message: /^The entries of transaction \S+ do not balance\.$/,
  },
  {
    what: 'entries that balance but differ from their transaction',
    statements: (id) => [insertTransaction(id), updateWallet(id), insertEntries(id, -5, 5)],
    message: /^The entries of transaction \S+ do not balance\.$/,
  },
  {
    what: 'an additional entry for a balanced transaction',
    statements: (id) => [
      `INSERT INTO ledger_entries
        SELECT id, ledger_account('SPENDING'), 1 FROM credit_transactions WHERE user_id = '${id}'`,
    ],
    message: /^The entries of transaction \S+ do not balance\.$/,
  },
  {
    what: 'a transaction without entries',
    statements: (id) => [insertTransaction(id), updateWallet(id)],
    message: /^Transaction \S+ has no entries\.$/,
  },
  {
    what: 'a balance without a transaction',
    statements: (id) => [`UPDATE ledger_accounts SET balance = balance + 1 WHERE user_id = '${id}'`],
    message: /^The balance of wallet \S+ is not what its transactions say\.$/,
  },
  {
    what: 'a new wallet with a balance',
    statements: (id) => [
      `INSERT INTO ledger_accounts (id, kind, user_id, balance)
        SELECT gen_random_uuid(), 'WALLET', id, 1 FROM users WHERE id <> '${id}'
        AND NOT EXISTS (SELECT FROM ledger_accounts WHERE user_id = users.id)`,
    ],
    message: /^The balance of wallet \S+ is not what its transactions say\.$/,
  },
  {
    what: 'a negative balance',
    statements: (id) => [`UPDATE ledger_accounts SET balance = -1 WHERE user_id = '${id}'`],
    message: /ledger_accounts_never_below_zero/,
  },
  {
    what: 'a lot with a negative rest',
    statements: (id) => [`UPDATE credit_lots SET remaining = -1 WHERE user_id = '${id}'`],
    message: /credit_lots_within_bounds/,
  },
  {
    what: 'a lot with a rest greater than the granted amount',
    statements: (id) => [`UPDATE credit_lots SET remaining = granted + 1 WHERE user_id = '${id}'`],
    message: /credit_lots_within_bounds/,
  },
]

test.each(invalidWrites)('the database rejects $what', async ({ what, statements, message }) => {
  const { id } = await createUser(app, `${what.replaceAll(/\W+/g, '-')}@example.com`)
  await createUser(app, `${what.replaceAll(/\W+/g, '-')}-without-a-wallet@example.com`)
  await grantCredits(id, 10)

  await expect(runAsOwner(...statements(id))).rejects.toMatchObject({
    code: checkViolation,
    message: expect.stringMatching(message),
  })
  expect(await balanceOf(id)).toBe(10)
})

test('the database accepts the same statements when they are consistent', async () => {
  const { id } = await createUser(app, 'agrees@example.com')
  await grantCredits(id, 10)
  await runAsOwner(insertTransaction(id), updateWallet(id), insertEntries(id, -4, 4))
  expect(await balanceOf(id)).toBe(6)
})
