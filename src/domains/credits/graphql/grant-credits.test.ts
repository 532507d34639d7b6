import { readFileSync } from 'node:fs'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { GrantCreditsDocument, type GrantCreditsInput } from '../../../../operations/typed-operations.ts'
import { toGlobalId } from '../../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { promoteUser } from '../../users/index.ts'
import { grant } from '../index.ts'

const admin = 'admin@example.com'
const migration = readFileSync(
  new URL('../../../../prisma/migrations/20261130203400_admin_grant_keys/migration.sql', import.meta.url),
  'utf8',
)

let app: TestApp
let userId: string
let userCount = 0
beforeAll(async () => {
  app = await startTestApp()
  await app.query(admin, '{ me { id } }')
  await promoteUser(app.app.db.prisma, decodeJwt(await app.token(admin)).sub ?? '')
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  userCount += 1
  const email = `user.${userCount}@example.com`
  await app.query(email, '{ me { id } }')
  const clerkId = decodeJwt(await app.token(email)).sub ?? ''
  userId = (await app.app.db.prisma.user.findUniqueOrThrow({ where: { clerkId } })).id
})

function inputWith(changes: Partial<GrantCreditsInput> = {}): GrantCreditsInput {
  const idempotencyKey = `key ${userCount}`
  return { userId: toGlobalId('User', userId), amount: 50, reason: 'Sorry for the wait', idempotencyKey, ...changes }
}

async function grantCredits(changes?: Partial<GrantCreditsInput>, as = admin) {
  const { data, errors } = await app.run(as, GrantCreditsDocument, { input: inputWith(changes) })
  expect(errors).toBeUndefined()
  return data.grantCredits
}

const audits = () => app.app.db.prisma.auditEntry.findMany({ where: { subjectId: userId, action: 'credits.grant' } })
const grants = () => app.app.db.prisma.creditTransaction.findMany({ where: { userId, key: { startsWith: 'admin:' } } })

describe('grantCredits of an admin', () => {
  test('grants credits, and the audit log records actor, user, reason and balances', async () => {
    expect(await grantCredits()).toMatchObject({
      __typename: 'GrantCreditsPayload',
      user: { id: toGlobalId('User', userId), creditBalance: 150 },
      transaction: { amount: 50, balanceAfter: 150, description: 'Sorry for the wait' },
    })
    const actor = await app.app.db.prisma.user.findFirstOrThrow({ where: { role: 'ADMIN' } })
    const [grant] = await grants()
    expect(await audits()).toMatchObject([
      {
        actorId: actor.id,
        action: 'credits.grant',
        reason: 'Sorry for the wait',
        before: { balance: 100 },
        after: { balance: 150, transactionId: grant?.id },
      },
    ])
  })

  test('with one key, 20 times at once and again after the claim expired: one grant, one audit entry', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => grantCredits()))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    await app.app.db.prisma.idempotencyKey.deleteMany()
    expect(await grantCredits()).toMatchObject({ user: { creditBalance: 150 } })
    expect([(await grants()).length, (await audits()).length]).toEqual([1, 1])
  })

  test('with a used key for another person returns IdempotencyConflictError for ever, as with another reason', async () => {
    await grantCredits()
    // As after 24 hours, when the keys of other mutations are deleted.
    await app.app.db.prisma.idempotencyKey.deleteMany()
    const other = await createUser(app, `other.${userCount}@example.com`)
    const changes = [{ userId: toGlobalId('User', other.id) }, { reason: 'Another' }, { amount: 51 }]
    for (const change of changes) {
      expect(await grantCredits(change)).toMatchObject({ __typename: 'IdempotencyConflictError' })
    }
    expect(await grantCredits()).toMatchObject({ user: { creditBalance: 150 } })
    expect(await app.app.db.prisma.creditTransaction.count({ where: { userId: other.id } })).toBe(0)
    expect(await audits()).toHaveLength(1)
  })

  test('with a key of a grant before keys were hashed returns that grant, or IdempotencyConflictError', async () => {
    const actor = await app.app.db.prisma.user.findFirstOrThrow({ where: { role: 'ADMIN' } })
    const { idempotencyKey: key, reason: description } = inputWith()
    const ledgerKey = `admin:${actor.id}:${key}`
    const input = { userId, amount: 50, source: 'GIFTS', key: ledgerKey, description, now: app.now } as const
    await app.app.db.transaction((tx) => grant(tx, input))
    await app.owner.query(migration.slice(migration.indexOf('INSERT INTO')))
    expect(await grantCredits()).toMatchObject({ user: { creditBalance: 150 }, transaction: { amount: 50 } })
    const other = await createUser(app, `other.${userCount}@example.com`)
    for (const change of [{ amount: 51 }, { userId: toGlobalId('User', other.id) }]) {
      expect(await grantCredits(change)).toMatchObject({ __typename: 'IdempotencyConflictError' })
    }
    expect(await grants()).toHaveLength(1)
  })

  test('with a used key and another input returns IdempotencyConflictError', async () => {
    await grantCredits()
    expect(await grantCredits({ amount: 51 })).toMatchObject({ __typename: 'IdempotencyConflictError' })
    expect(await grantCredits({ reason: 'Another' })).toMatchObject({ __typename: 'IdempotencyConflictError' })
    expect(await grants()).toHaveLength(1)
  })

  test.each<[string, Partial<GrantCreditsInput>]>([
    ['amount', { amount: 0 }],
    ['amount', { amount: -5 }],
    ['amount', { amount: 2_147_483_647 }],
    ['reason', { reason: '  ' }],
    ['reason', { reason: 'x'.repeat(501) }],
    ['reason', { reason: 'a\u0000b' }],
    ['expiresAt', { expiresAt: '2020-01-01T00:00:00.000Z' }],
    ['idempotencyKey', { idempotencyKey: '' }],
    ['userId', { userId: 'nobody' }],
  ])('returns InvalidInputError for the %s of %j, and grants nothing', async (field, changes) => {
    expect(await grantCredits(changes)).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: ['input', field] }],
    })
    expect([(await grants()).length, (await audits()).length]).toEqual([0, 0])
  })

  test('returns NotFoundError for an unknown user and for one who is being deleted', async () => {
    const nobody = toGlobalId('User', '01900000-0000-7000-8000-000000000000')
    expect(await grantCredits({ userId: nobody })).toMatchObject({ __typename: 'NotFoundError' })
    await app.app.db.prisma.user.update({ where: { id: userId }, data: { standing: 'DELETING' } })
    expect(await grantCredits()).toMatchObject({ __typename: 'NotFoundError' })
  })
})

test('grantCredits returns ForbiddenError to other users, also for their own account', async () => {
  expect(await grantCredits({}, `user.${userCount}@example.com`)).toMatchObject({
    __typename: 'ForbiddenError',
    code: 'FORBIDDEN',
  })
  expect(await grants()).toEqual([])
})

test('rows of the audit log cannot be changed or deleted', async () => {
  await grantCredits()
  for (const sql of ["UPDATE audit_log SET reason = 'x'", 'DELETE FROM audit_log', 'TRUNCATE audit_log']) {
    await expect(app.owner.query(sql)).rejects.toThrow('never changed or removed')
  }
})
