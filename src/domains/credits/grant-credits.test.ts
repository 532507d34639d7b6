import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { GrantCreditsDocument, type GrantCreditsInput } from '../../../operations/typed-operations.ts'
import { toGlobalId } from '../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { promoteUser } from '../users/index.ts'

const boss = 'boss@example.com'

let app: TestApp
let userId: string
let people = 0
beforeAll(async () => {
  app = await startTestApp()
  await app.query(boss, '{ me { id } }')
  await promoteUser(app.app.db.prisma, decodeJwt(await app.token(boss)).sub ?? '')
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  people += 1
  const email = `given.${people}@example.com`
  await app.query(email, '{ me { id } }')
  const clerkId = decodeJwt(await app.token(email)).sub ?? ''
  userId = (await app.app.db.prisma.user.findUniqueOrThrow({ where: { clerkId } })).id
})

function wish(changes: Partial<GrantCreditsInput> = {}): GrantCreditsInput {
  const idempotencyKey = `key ${people}`
  return { userId: toGlobalId('User', userId), amount: 50, reason: 'Sorry for the wait', idempotencyKey, ...changes }
}

async function give(changes?: Partial<GrantCreditsInput>, as = boss) {
  const { data, errors } = await app.run(as, GrantCreditsDocument, { input: wish(changes) })
  expect(errors).toBeUndefined()
  return data.grantCredits
}

const audits = () => app.app.db.prisma.auditEntry.findMany({ where: { subjectId: userId, action: 'credits.grant' } })
const grants = () => app.app.db.prisma.creditTransaction.findMany({ where: { userId, key: { startsWith: 'admin:' } } })

describe('an admin', () => {
  test('gives credits, and it is written down: who, to whom, why, before and after', async () => {
    expect(await give()).toMatchObject({
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

  test('asks 20 times at once with one key, and again a day later: one grant, one record', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => give()))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    await app.app.db.prisma.idempotencyKey.deleteMany()
    expect(await give()).toMatchObject({ user: { creditBalance: 150 } })
    expect([(await grants()).length, (await audits()).length]).toEqual([1, 1])
  })

  test('cannot use a key for something else', async () => {
    await give()
    expect(await give({ amount: 51 })).toMatchObject({ __typename: 'IdempotencyConflictError' })
    expect(await give({ reason: 'Another' })).toMatchObject({ __typename: 'IdempotencyConflictError' })
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
  ])('is told that the %s of %j does not fit, and nothing happens', async (field, changes) => {
    expect(await give(changes)).toMatchObject({ __typename: 'InvalidInputError', issues: [{ path: ['input', field] }] })
    expect([(await grants()).length, (await audits()).length]).toEqual([0, 0])
  })

  test('gives nothing to somebody who is not there, or is being deleted', async () => {
    const nobody = toGlobalId('User', '01900000-0000-7000-8000-000000000000')
    expect(await give({ userId: nobody })).toMatchObject({ __typename: 'NotFoundError' })
    await app.app.db.prisma.user.update({ where: { id: userId }, data: { standing: 'DELETING' } })
    expect(await give()).toMatchObject({ __typename: 'NotFoundError' })
  })
})

test('nobody else gives any, not even to themselves', async () => {
  expect(await give({}, `given.${people}@example.com`)).toMatchObject({
    __typename: 'ForbiddenError',
    code: 'FORBIDDEN',
  })
  expect(await grants()).toEqual([])
})

test('what was written down stays', async () => {
  await give()
  for (const sql of ["UPDATE audit_log SET reason = 'x'", 'DELETE FROM audit_log', 'TRUNCATE audit_log']) {
    await expect(app.owner.query(sql)).rejects.toThrow('never changed or removed')
  }
})
