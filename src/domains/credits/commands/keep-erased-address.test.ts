import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { users } from '../../users/index.ts'
import { keepErasedAddress } from './keep-erased-address.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const keep = (email: string, now: string) =>
  app.app.db.transaction((tx) => {
    const { emailEncrypted } = app.app.services(users).emails.columns(email)
    return keepErasedAddress(tx, app.app.services(users).emails, { emailEncrypted, now: new Date(now) })
  })
const kept = () => app.app.db.prisma.erasedAddress.findMany({ orderBy: { forgetAt: 'asc' } })

test('keepErasedAddress keeps the hash for 12 months after the last erasure; the job then deletes it', async () => {
  await keep('Ann@Example.com', '2026-03-01T08:00:00Z')
  await keep('ann@example.com', '2026-01-01T08:00:00Z')
  expect(await kept()).toEqual([
    {
      addressHash: app.app.services(users).emails.erasedHashOf('ann@example.com'),
      forgetAt: new Date('2027-03-01T08:00:00Z'),
    },
  ])
  await keep('ann@example.com', '2026-11-21T08:00:00Z')
  await keep('ben@example.com', '2026-06-01T08:00:00Z')
  expect((await kept()).map(({ forgetAt }) => forgetAt.getUTCMonth())).toEqual([5, 10])

  app.now = new Date('2027-06-01T07:59:59Z')
  await app.runJob('credits.forget-addresses')
  expect(await kept()).toHaveLength(2)
  app.now = new Date('2027-06-01T08:00:00Z')
  await app.runJob('credits.forget-addresses')
  expect(await kept()).toMatchObject([{ addressHash: app.app.services(users).emails.erasedHashOf('ann@example.com') }])
})

test('the hash of an erased address is not the index by which users are found', () => {
  const { indexOf, erasedHashOf } = app.app.services(users).emails
  expect(erasedHashOf('ann@example.com')).not.toBe(indexOf('ann@example.com'))
})
